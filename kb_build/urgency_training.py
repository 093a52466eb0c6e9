"""Fits the urgency model to labelled examples; knows nothing of where they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from kb_build.linear_training import fit_linear
from search_index.linear import Features, LinearModel
from search_index.searcher import Searcher

RIDGE = 0.03
"""Source: five-fold cross-validation over the examples (benchmarks/urgency.py)."""


@dataclass(frozen=True, slots=True)
class UrgencyExample:
    """A text, and whether its writer needs emergency steps now."""

    text: str
    lang: str
    urgent: bool


def read_urgency_examples() -> list[UrgencyExample]:
    """Return the labelled examples that ship with this package."""
    text = files("kb_build").joinpath("data/urgency.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return [UrgencyExample(words, lang, label == "1") for label, lang, words in rows]


def train_urgency(
    searcher: Searcher, examples: Sequence[UrgencyExample], off_topic: Sequence[str]
) -> LinearModel:
    """Return the model for the articles of ``searcher``.

    Args:
        searcher: over the finished index; its own urgency model is not used.
        examples: both classes.
        off_topic: queries that are never urgent here; together they weigh as much as one class.
    """
    texts = [example.text for example in examples] + list(off_topic)
    if not any(example.urgent for example in examples):
        return never_urgent(searcher.parts.vectors.dim)
    features = urgency_features(searcher, texts)
    labels = np.zeros(len(texts))
    labels[: len(examples)] = [example.urgent for example in examples]
    weights = np.ones(len(texts))
    if off_topic:
        weights[len(examples) :] = len(examples) / 2 / len(off_topic)
    return fit_linear(features, labels, weights, RIDGE)


def never_urgent(dim: int) -> LinearModel:
    """Return the model that finds nothing urgent, for vectors of width ``dim``."""
    return LinearModel.of_scores(dim, (0.0, 0.0), intercept=-1.0)


def urgency_features(searcher: Searcher, texts: Sequence[str]) -> list[Features]:
    """Return what the model weighs of each text."""
    return [searcher.urgency_features(searcher.score(text)) for text in texts]
