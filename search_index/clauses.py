"""Splits a long message into clauses, so that greetings and anger can be told from the question.

It knows nothing of vectors and scores. Pure.
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

# Source of both widths: our development queries. Shorter texts gain nothing; shorter clauses
# lose what they are about.
LONG_WIDTH = 90
"""A text wider than this, in half-width columns, is looked at clause by clause."""
_CLAUSE_WIDTH = 36
_MOST_CLAUSES = 16
"""A longer text gets wider clauses: what it costs is bounded."""
_BORDER = re.compile(r"[，,。！？!?；;:：\n]+|\.(?=\s|$)")


def split_clauses(normalised: str) -> list[str]:
    """Return the clauses of a long message in order; nothing when it is short.

    Args:
        normalised: what `search_index.analyzer.normalise` returned.
    """
    if 2 * len(normalised) <= LONG_WIDTH:
        return []
    width = _width(normalised)
    if width <= LONG_WIDTH:
        return []
    least = max(_CLAUSE_WIDTH, width / _MOST_CLAUSES)
    clauses: list[str] = []
    current = ""
    for piece in filter(None, map(str.strip, _BORDER.split(normalised))):
        current = f"{current} {piece}" if current else piece
        if _width(current) >= least:
            clauses.append(current)
            current = ""
    if current:
        if clauses and _width(current) < least / 2:
            clauses[-1] += f" {current}"
        else:
            clauses.append(current)
    return clauses if len(clauses) > 1 else []


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
