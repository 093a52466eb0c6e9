"""Cuts the excerpt that answers out of a passage and marks the query's words in it. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from search_index.analyzer import stem, terms_of
from search_index.records import Excerpt

_FULL_WIDTH_ENDS = "。！？；"
_ENDS = f"{_FULL_WIDTH_ENDS}!?;"
# A full stop ends a sentence only before white space: not in 0.10, TxID.com or v2.1.
_SENTENCE = re.compile(rf"(?:[^{_ENDS}.\n]|\.(?!\s|$))+(?:[{_ENDS}]+|\.)?")
_LATIN_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_MAX_WIDTH = 180
"""Widest excerpt, in half-width columns: two lines on a phone, one and a half on a desk."""


def make_excerpt(
    text: str, weights: Mapping[str, float], *, max_width: int = _MAX_WIDTH
) -> Excerpt:
    """Return the sentences of ``text`` that hold most of the query, with its words marked.

    Args:
        text: plain text of a passage, one block a line.
        weights: analysed terms of the query → what each weighs.
        max_width: in half-width columns, a Han character counting two.
    """
    sentences = _split(text)
    if not sentences:
        return Excerpt("")
    sums = [
        math.fsum(map(weights.__getitem__, sentence.terms.intersection(weights)))
        for sentence in sentences
    ]
    start = max(range(len(sentences)), key=lambda i: (sums[i], -i))
    chosen, width = "", 0
    for sentence in sentences[start:]:
        if chosen and width + sentence.width > max_width:
            break
        joint = " " if chosen and chosen[-1] not in _FULL_WIDTH_ENDS else ""
        chosen += joint + sentence.text
        width += sentence.width
    if width > max_width:
        chosen = _cut(chosen, max_width)
    return Excerpt(chosen, _marks(chosen, weights))


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    terms: frozenset[str]
    width: int


# The same few hundred passages answer most queries; each costs more to split than to weigh.
@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[_Sentence, ...]:
    return tuple(
        _Sentence(s, frozenset(terms_of(s.lower())), _width(s))
        for s in map(str.strip, _SENTENCE.findall(text))
        if s
    )


def _marks(text: str, weights: Mapping[str, float]) -> tuple[tuple[int, int], ...]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose lower case is longer: spans would shift
        return ()
    found = [m.span() for m in _LATIN_WORD.finditer(lowered) if stem(m[0]) in weights]
    if not lowered.isascii():  # pairs only: a lone Han character marks too much to help
        pairs = [lowered[i : i + 2] for i in range(len(lowered) - 1)]
        found += [
            (i, i + 2) for i, pair in enumerate(pairs) if pair in weights and not pair.isascii()
        ]
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:  # overlapping or neighbours: one mark
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(spans)


# An article's text has a few thousand different characters; there are no more than Unicode's.
@cache
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _width(text: str) -> int:
    return sum(map(_columns, text))


def _cut(text: str, max_width: int) -> str:
    width = 0
    for i, character in enumerate(text):
        width += _columns(character)
        if width > max_width + 40:
            return text[:i].rstrip() + "…"
    return text
