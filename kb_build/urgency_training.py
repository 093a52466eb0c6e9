"""Fits the urgency model to labelled examples; knows nothing of where they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from kb_build.logistic import fit_logistic
from search_index.searcher import Scored, Searcher
from search_index.urgency import UrgencyModel, features

_RIDGE = 0.1
"""Source: five-fold cross-validation over the examples (benchmarks/urgency.py)."""

FloatMatrix = NDArray[np.float64]


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
) -> UrgencyModel:
    """Return the model for the articles of ``searcher``.

    Args:
        searcher: over the finished index; its own urgency model is not used.
        examples: both classes.
        off_topic: queries that are never urgent here; together they weigh as much as one class.
    """
    texts = [example.text for example in examples] + list(off_topic)
    if not any(example.urgent for example in examples):
        return UrgencyModel.never(searcher.parts.dense.dim)
    rows = [_features(searcher, searcher.score(text)) for text in texts]
    matrix = np.stack(rows).astype(np.float64)
    labels = np.zeros(len(texts))
    labels[: len(examples)] = [example.urgent for example in examples]
    weights = np.ones(len(texts))
    if off_topic:
        weights[len(examples) :] = len(examples) / 2 / len(off_topic)
    return fit_urgency(matrix, labels, weights)


def fit_urgency(matrix: FloatMatrix, labels: FloatMatrix, weights: FloatMatrix) -> UrgencyModel:
    """Fit a ridge-penalised logistic model.

    Args:
        matrix: features, shape ``[examples, features]``.
        labels: 1 for urgent, 0 for not, shape ``[examples]``.
        weights: of each example, shape ``[examples]``.
    """
    padded = np.column_stack([np.ones(len(matrix)), matrix])
    penalty = np.full(padded.shape[1], _RIDGE * weights.sum())
    penalty[0] = 1e-9  # the intercept is free
    solution = fit_logistic(padded, labels, weights, penalty)
    rounded = np.round(solution, 5)  # the last bits depend on the machine's linear algebra
    return UrgencyModel(rounded[1:].astype(np.float32), float(rounded[0]))


def _features(searcher: Searcher, scored: Scored) -> NDArray[np.float32]:
    lead, best = searcher.emergency_lead(scored)
    return features(scored.vectors[scored.best_reading], lead, best)
