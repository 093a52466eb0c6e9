"""Fits what tells a question from what people say besides it; knows nothing of long messages."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from kb_build.linear_training import fit_linear
from search_index.analyzer import normalise
from search_index.chatter import words_of
from search_index.linear import LinearModel
from search_index.records import Passage

_RIDGE = 0.03
"""Source: our development queries."""


def read_chatter() -> list[str]:
    """Return the clauses that ship with this package, without comments."""
    text = files("kb_build").joinpath("data/chatter.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def train_chatter(passages: Sequence[Passage], chatter: Sequence[str]) -> LinearModel:
    """Return the model: high log-odds for what a site is asked, low for chatter.

    Args:
        passages: of the site.
        chatter: clauses that say nothing of any trouble; together they weigh as much as the others.
    """
    # All of them: which of them a sample holds moves long messages by four points of hit@1.
    asked = [p.text for p in passages if p.kind in ("question", "phrasing")]
    if not asked or not chatter:
        return nothing_is_chatter()
    labels = np.concatenate([np.ones(len(asked)), np.zeros(len(chatter))])
    weights = np.where(labels > 0, 1.0, len(asked) / len(chatter))
    examples = [words_of(normalise(text)) for text in (*asked, *chatter)]
    return fit_linear(examples, labels, weights, _RIDGE)


def nothing_is_chatter() -> LinearModel:
    """Return the model that leaves nothing out."""
    return LinearModel.of_scores(0, ())
