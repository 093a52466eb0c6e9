"""Leaves out of a long message what says nothing of the trouble: greetings, anger, family, thanks.

It knows which words say nothing from a linear model, fitted by `kb_build.chatter_training`; nothing
of vectors, scores and articles.
"""

from __future__ import annotations

import re
from itertools import zip_longest

import numpy as np

from search_index.analyzer import terms_of, width_of
from search_index.clauses import BORDER, is_long
from search_index.linear import Features, LinearModel

_LEAST_WIDTH = 8
"""In half-width columns: anything shorter is judged with what follows it."""
_CHATTER_LOGIT = -2.5
"""A piece is left out only when it is as sure as that, since the question must not be lost.
Source: our development queries; -3 to -1.5 differ by a point."""
_NO_VECTOR = np.zeros(0, dtype=np.float32)


def without_chatter(normalised: str, model: LinearModel) -> str:
    """Return a long message without its chatter; all of it when it is short or nothing else.

    Args:
        normalised: what `search_index.analyzer.normalise` returned.
        model: log-odds that a piece of a message, by its words, says what the trouble is.
    """
    if not is_long(normalised):
        return normalised
    telling = (p for p in _pieces(normalised) if model.logit(words_of(p)) > _CHATTER_LOGIT)
    return "".join(telling).strip() or normalised


def words_of(piece: str) -> Features:
    """Return what the model weighs: words alone, since vectors of so many pieces would cost more
    than the answer, and on our development queries they found no more.
    """
    return Features(_NO_VECTOR, (), frozenset(terms_of(piece)))


def _pieces(text: str) -> list[str]:
    """Return what stands between borders, each with the border after it."""
    parts = re.split(f"({BORDER.pattern})", text)
    pieces: list[str] = []
    current = ""
    for words, border in zip_longest(parts[::2], parts[1::2], fillvalue=""):
        current += words + border
        if width_of(current) >= _LEAST_WIDTH:
            pieces.append(current)
            current = ""
    return [*pieces, current]
