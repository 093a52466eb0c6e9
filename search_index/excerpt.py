"""Cuts the excerpt that answers out of a passage and marks the query's words in it. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable

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
    text: str, terms: Iterable[str], idf: Callable[[str], float], *, max_width: int = _MAX_WIDTH
) -> Excerpt:
    """Return the sentences of ``text`` that hold most of the query, with its words marked.

    Args:
        text: plain text of a passage, one block a line.
        terms: analysed terms of the query.
        idf: weight of a term.
        max_width: in half-width columns, a Han character counting two.
    """
    sentences = [s.strip() for s in _SENTENCE.findall(text) if s.strip()]
    if not sentences:
        return Excerpt("")
    wanted = set(terms)
    weights = [
        math.fsum(idf(term) for term in wanted.intersection(terms_of(s.lower()))) for s in sentences
    ]
    start = max(range(len(sentences)), key=lambda i: (weights[i], -i))
    chosen, width = "", 0
    for sentence in sentences[start:]:
        extra = _width(sentence)
        if chosen and width + extra > max_width:
            break
        joint = " " if chosen and chosen[-1] not in _FULL_WIDTH_ENDS else ""
        chosen += joint + sentence
        width += extra
    chosen = _cut(chosen, max_width)
    return Excerpt(chosen, _marks(chosen, wanted))


def _marks(text: str, terms: set[str]) -> tuple[tuple[int, int], ...]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose lower case is longer: spans would shift
        return ()
    marked = [False] * len(text)
    found = [m.span() for m in _LATIN_WORD.finditer(lowered) if stem(m[0]) in terms]
    for term in terms:
        if len(term) > 1 and not term.isascii():  # a lone Han character marks too much to help
            found += [m.span() for m in re.finditer(re.escape(term), lowered)]
    for span in found:
        for i in range(*span):
            marked[i] = True
    spans: list[tuple[int, int]] = []
    for i, on in enumerate(marked):
        if on and spans and spans[-1][1] == i:
            spans[-1] = (spans[-1][0], i + 1)
        elif on:
            spans.append((i, i + 1))
    return tuple(spans)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, max_width: int) -> str:
    width = 0
    for i, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > max_width + 40:
            return text[:i].rstrip() + "…"
    return text
