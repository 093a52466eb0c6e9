"""Cuts the excerpt that answers out of a passage and marks the query's words in it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from search_index.records import Excerpt

_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;]*|(?<=\n)\n")
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
    weights = [sum(idf(term) for term in wanted if _find(s, term) >= 0) for s in sentences]
    start = max(range(len(sentences)), key=lambda i: (weights[i], -i))
    chosen, width = "", 0
    for sentence in sentences[start:]:
        extra = _width(sentence)
        if chosen and width + extra > max_width:
            break
        joint = " " if chosen and chosen[-1].isascii() else ""
        chosen += joint + sentence
        width += extra
    chosen = _cut(chosen, max_width)
    return Excerpt(chosen, _marks(chosen, wanted))


def _find(text: str, term: str) -> int:
    return text.lower().find(term)


def _marks(text: str, terms: set[str]) -> tuple[tuple[int, int], ...]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose lower case is longer: spans would shift
        return ()
    marked = [False] * len(text)
    for term in terms:
        if len(term) == 1 and not term.isascii():
            continue  # a lone Han character marks too much to help
        pattern = rf"\b{re.escape(term)}\w*" if term.isascii() else re.escape(term)
        for match in re.finditer(pattern, lowered, re.ASCII):
            for i in range(*match.span()):
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
