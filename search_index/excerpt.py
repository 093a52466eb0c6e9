"""Cuts the excerpt that answers out of a passage and marks the query's words in it. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search_index.analyzer import HAN, stem, terms_of, width_of
from search_index.records import Excerpt

_FULL_WIDTH_ENDS = "。！？；"
_ENDS = f"{_FULL_WIDTH_ENDS}!?;"
# A full stop ends a sentence only before white space: not in 0.10, TxID.com or v2.1.
_SENTENCE = re.compile(rf"(?:[^{_ENDS}.\n]|\.(?!\s|$))+(?:[{_ENDS}]+|\.)?")
_LATIN_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_HAN_RUN = re.compile(rf"[{HAN}]{{2,}}")
_MAX_WIDTH = 180
"""Widest excerpt, in half-width columns: two lines on a phone, one and a half on a desk."""
_LEAST_MARKED = 0.1
"""Words that weigh less stand in nearly every article: to mark 怎么, is or the shows nothing."""

Span = tuple[int, int]


def make_excerpt(
    text: str, weights: Mapping[str, float], *, max_width: int = _MAX_WIDTH
) -> Excerpt:
    """Return the sentences of ``text`` that hold most of the query, with its words marked.

    Args:
        text: plain text of a passage, one block a line.
        weights: analysed terms of the query → inverse document frequency.
        max_width: in half-width columns, a Han character counting two.
    """
    sentences, holders = _read(text)
    if not sentences:
        return Excerpt("")
    sums = [0.0] * len(sentences)
    for term in filter(holders.__contains__, weights):
        for number in holders[term]:
            sums[number] += weights[term]
    marked = [term for term, weight in weights.items() if weight >= _LEAST_MARKED]
    chosen, width = "", 0
    spans: list[Span] = []
    for sentence in sentences[sums.index(max(sums)) :]:
        if chosen and width + sentence.width > max_width:
            break
        if chosen and chosen[-1] not in _FULL_WIDTH_ENDS:
            chosen += " "
        for term in filter(sentence.spans.__contains__, marked):
            spans += [(len(chosen) + i, len(chosen) + j) for i, j in sentence.spans[term]]
        chosen += sentence.text
        width += sentence.width
    if width > max_width:
        kept = _cut(chosen, max_width)
        spans = [span for span in spans if span[1] <= len(kept)]
        chosen = kept if kept == chosen else kept + "…"
    return Excerpt(chosen, _joined(spans))


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence, its width, and where each term stands in it that may be marked."""

    text: str
    width: int
    spans: Mapping[str, Sequence[Span]]


# The same few hundred passages answer most queries; each costs far more to read than to weigh.
@lru_cache(maxsize=8192)
def _read(text: str) -> tuple[tuple[_Sentence, ...], Mapping[str, Sequence[int]]]:
    """Return the sentences of a passage, and the numbers of those that hold each term."""
    sentences: list[_Sentence] = []
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for found in filter(None, map(str.strip, _SENTENCE.findall(text))):
        lowered = found.lower()
        for term in dict.fromkeys(terms_of(lowered)):
            holders[term].append(len(sentences))
        # A letter whose lower case is longer would shift the spans.
        spans = _spans(lowered) if len(lowered) == len(found) else {}
        sentences.append(_Sentence(found, width_of(found), spans))
    return tuple(sentences), dict(holders)


def _spans(lowered: str) -> Mapping[str, Sequence[Span]]:
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for match in _LATIN_WORD.finditer(lowered):
        spans[stem(match[0])].append(match.span())
    for run in _HAN_RUN.finditer(lowered):
        for i in range(run.start(), run.end() - 1):  # pairs: a lone character marks too much
            spans[lowered[i : i + 2]].append((i, i + 2))
    return dict(spans)


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans in order, overlapping ones and neighbours as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _cut(text: str, max_width: int) -> str:
    width = 0
    for i, character in enumerate(text):
        width += width_of(character)
        if width > max_width + 40:
            return text[:i].rstrip()
    return text
