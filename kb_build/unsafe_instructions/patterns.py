"""How the lists of words of this package become patterns."""

from __future__ import annotations

import re

_COMMA = re.compile(r",\s+")


def any_of(words: str) -> str:
    """Return a pattern for one of ``words``: patterns, separated by a comma and a space."""
    return f"(?:{_COMMA.sub('|', words.strip())})"


def ignoring_case(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that takes capitals for small letters."""
    return re.compile(pattern, re.IGNORECASE)
