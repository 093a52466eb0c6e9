"""Splits a long message into clauses, so that greetings and anger can be told from the question.

It knows nothing of vectors and scores. Pure.
"""

from __future__ import annotations

import re

from search_index.analyzer import width_of

# Source of both widths: our development queries. Shorter texts gain nothing; shorter clauses
# lose what they are about.
LONG_WIDTH = 90
"""A text wider than this, in half-width columns, is looked at clause by clause."""
_CLAUSE_WIDTH = 36
_MOST_CLAUSES = 16
"""A longer text gets wider clauses: what it costs is bounded."""
BORDER = re.compile(r"[，,。！？!?；;:：\n]+|\.(?=\s|$)|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
"""Between Han characters a space stands for a comma: who speaks to the telephone types none."""


def split_clauses(normalised: str) -> list[str]:
    """Return the clauses of a long message in order; nothing when it is short.

    Args:
        normalised: what `search_index.analyzer.normalise` returned.
    """
    if not is_long(normalised):
        return []
    least = max(_CLAUSE_WIDTH, width_of(normalised) / _MOST_CLAUSES)
    clauses: list[str] = []
    current = ""
    for piece in filter(None, map(str.strip, BORDER.split(normalised))):
        current = f"{current} {piece}" if current else piece
        if width_of(current) >= least:
            clauses.append(current)
            current = ""
    if current:
        if clauses and width_of(current) < least / 2:
            clauses[-1] += f" {current}"
        else:
            clauses.append(current)
    return clauses if len(clauses) > 1 else []


def is_long(normalised: str) -> bool:
    """Tell whether a text is wide enough to hold more than its question."""
    return 2 * len(normalised) > LONG_WIDTH and width_of(normalised) > LONG_WIDTH
