"""Fold the many ways to write one text into one, and find the way back.

It knows characters only, nothing of words or secrets.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_MARKS = "\u0300-\u036f\u20e3\u3099\u309a\u1160-\u11ff\ufe00-\ufe0f"
# What stays as it is: ASCII, Han, hiragana, katakana, hangul, Cyrillic letters without accents
# and Chinese punctuation, which only separates. Only the rest costs time.
_KEPT = (
    "\x00-\x7f·—‘’“”…\u3001-\u300f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3а-ик-яА-ИК-Я"
)
_FULL_WIDTH = {0x3000: " "} | {0xFF01 + i: chr(0x21 + i) for i in range(94)}
_TO_FOLD = re.compile(f"(?:.[{_MARKS}]+|[^{_KEPT}])", re.DOTALL)
_STRIPPED = re.compile("[\u0300-\u036f\u20e3\ufe00-\ufe0f]")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in NFKC without accents and invisible characters; ``lower`` has the same length."""

    plain: str
    lower: str
    edits: tuple[tuple[int, int, int, int], ...]
    """Where lengths may differ: start and end in ``plain``, start and end in the original."""

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the original text that ``plain[start:end]`` came from."""
        return self._original(start, 0), self._original(end, 1)

    def _original(self, position: int, side: int) -> int:
        moved = 0
        for start, end, original_start, original_end in self.edits:
            if side == 1 and position <= start and (position, position) != (start, end):
                break
            if position < start or (side == 0 and position == start != end):
                break
            if position < end:
                return original_end if side else original_start
            moved = original_end - end
        return position + moved


def fold(text: str, *, invisible: str = "") -> Folded:
    """Return ``text`` folded; ``invisible`` replaces zero-width characters ("" or a space)."""
    if text.isascii():
        return Folded(text, text.lower(), ())
    text = text.translate(_FULL_WIDTH)
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    done = length = 0
    for match in _TO_FOLD.finditer(text):
        start, end = match.span()
        kept = text[done:start]
        folded = _fold_character(match.group(), invisible)
        pieces += (kept, folded)
        length += len(kept)
        edits.append((length, length + len(folded), start, end))
        length += len(folded)
        done = end
    pieces.append(text[done:])
    plain = "".join(pieces)
    return Folded(plain, plain.lower(), tuple(edits))


def has_invisible(text: str) -> bool:
    """Return whether ``text`` holds zero-width or direction characters."""
    return _INVISIBLE.search(text) is not None


@lru_cache(maxsize=4096)
def _fold_character(character: str, invisible: str) -> str:
    if _INVISIBLE.match(character):
        return invisible
    stripped = _STRIPPED.sub("", unicodedata.normalize("NFKD", character))
    folded = unicodedata.normalize("NFKC", stripped).replace("ı", "i")
    return _INVISIBLE.sub(invisible, folded)
