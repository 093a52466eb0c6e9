"""Find recovery phrases written in words: every list but the two Chinese ones.

Runs of list words and the number of rare words among them decide, so that a phrase needs neither
a label nor a right checksum, and one or two words may be mistyped or missing. It knows nothing of
single Han characters and of keys.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search_index.secret_rules.cues import PHRASE_CUE
from search_index.secret_rules.folding import Folded
from search_index.secret_rules.word_lists import (
    ENGLISH,
    PHRASE_LENGTHS,
    list_names,
    lists_of_word,
    mistyped,
    ordinary_words,
    whole_phrase,
)

_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[а-яА-Я]+|[ぁ-ゖー]+|[가-힣]+")
_BREAK = re.compile(r"[^\W\d_]{9}", re.UNICODE)
_LONGEST_GAP = 24
_JOINED = re.compile("(?<![a-z])[a-z]{33,200}(?![a-z])")
_ORDINALS = frozenset(
    re.findall(
        "[a-z]+",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth "
        "one two three four five six seven eight nine ten eleven twelve st nd rd th",
    )
)
_LABEL_TIMES = 8
"""A word this frequent is a label (``word 1: …``), not part of the phrase."""
_LONGEST_LABELLED = 200
_TYPO_TRIES = 40
"""Words of one text looked up among mistyped ones, so that a long text stays cheap."""
_WINDOW = 12
_ENOUGH_HITS = 11
_LEAST_HITS = 9
"""Two words of eleven may be mistyped."""
_SHORTEST = 6
"""List words in a row that are enough beside a cue."""
_CUE_WORDS = frozenset({"seed", "phrase", "word", "secret"})


@dataclass(frozen=True, slots=True)
class _Run:
    """Words in a row that are on one list, and where they are in the folded text."""

    start: int
    end: int
    words: int
    different: int
    rare: int
    """Different words that are no ordinary English."""


class _Token(NamedTuple):
    word: str
    start: int
    end: int


_Row = list[tuple[_Token, bool]]
"""Tokens in a row, and whether each is on the list in question."""


def find_phrase(folded: Folded) -> tuple[int, int] | None:
    """Return where in ``folded`` a recovery phrase is, or ``None``."""
    words = [word.lower() for word in _TOKEN.findall(folded.plain)]
    if len(words) < _SHORTEST and not _JOINED.search(folded.lower):
        return None
    cued = PHRASE_CUE.search(folded.lower) is not None
    for tokens in _readings(folded, words, short=cued):
        for name, row in _rows(tokens, folded.lower, short=cued):
            run = _certain_run(row, name) or (_cued_run(row) if cued else None)
            if run is not None:
                return run.start, run.end
    return None


def find_part(folded: Folded, *, least_share: float = 0.0) -> tuple[int, int] | None:
    """Return where six list words are in a row, three of them rare: perhaps a part of a phrase.

    Args:
        folded: the text.
        least_share: the share of all Latin words of the text that must be in that row, 0 to 1.
    """
    tokens = _tokens(folded)
    for _, row in _rows(tokens, folded.lower, short=True):
        for run in _short_runs(row):
            if run.words >= least_share * len(tokens) and run.rare >= 3:
                return run.start, run.end
    return None


def _tokens(folded: Folded) -> list[_Token]:
    return [_Token(m.group().lower(), *m.span()) for m in _TOKEN.finditer(folded.plain)]


def _readings(folded: Folded, words: list[str], *, short: bool) -> Iterator[list[_Token]]:
    """Yield the words of the text; and again without labels; and with joined words split."""
    if _dense_lists(words, short=short):
        yield _tokens(folded)
    if 2 * _LABEL_TIMES <= len(words) < _LONGEST_LABELLED:
        counts = Counter(words)
        labels = {word for word, n in counts.most_common(3) if n >= _LABEL_TIMES}
        if sum(counts[word] for word in _ORDINALS) >= _LABEL_TIMES:
            labels |= _ORDINALS
        if labels:
            yield [token for token in _tokens(folded) if token.word not in labels]
    for match in _JOINED.finditer(folded.lower):
        yield _split_joined(match.group(), match.start())


def _split_joined(letters: str, offset: int) -> list[_Token]:
    """Return the list words that ``letters`` consist of, or nothing when they do not."""
    table = lists_of_word()
    english = 1 << list_names().index(ENGLISH)
    begin: list[int] = [0] + [-1] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 8), end - 2):
            if begin[start] >= 0 and table.get(letters[start:end], 0) & english:
                begin[end] = start
                break
    if begin[-1] < 0:
        return []
    tokens: list[_Token] = []
    end = len(letters)
    while end:
        start = begin[end]
        tokens.append(_Token(letters[start:end], offset + start, offset + end))
        end = start
    return tokens[::-1]


def _rows(tokens: list[_Token], lower: str, *, short: bool) -> Iterator[tuple[str, _Row]]:
    """Yield each list with enough words close together, and the tokens around them in a row.

    A long gap or a stretch of other letters between two tokens ends a row.
    """
    dense = _dense_lists([token.word for token in tokens], short=short)
    pieces = _pieces(tokens, lower) if dense else []
    table = lists_of_word()
    for bit, name in dense:
        for piece in pieces:
            row = [(token, bool(table.get(token.word, 0) >> bit & 1)) for token in piece]
            if sum(hit for _, hit in row) >= _SHORTEST:
                yield name, row


def _pieces(tokens: list[_Token], lower: str) -> list[list[_Token]]:
    pieces = [[tokens[0]]]
    for before, token in pairwise(tokens):
        gap = lower[before.end : token.start]
        if len(gap) > 1 and (len(gap) > _LONGEST_GAP or _BREAK.search(gap)):
            pieces.append([])
        pieces[-1].append(token)
    return [piece for piece in pieces if len(piece) >= _SHORTEST]


def _dense_lists(words: list[str], *, short: bool) -> list[tuple[int, str]]:
    """Return the lists, and their bits, that hold 9 of some 12 words in a row; or ``short``: 6."""
    table = lists_of_word()
    masks = [table.get(word, 0) for word in words]
    if len(masks) - masks.count(0) < (_SHORTEST if short else _LEAST_HITS):
        return []
    names = list_names()
    hits = np.array(masks, dtype=np.int64)[:, None] >> np.arange(len(names)) & 1
    sums = np.vstack([np.zeros((1, len(names)), dtype=np.int64), hits.cumsum(axis=0)])

    def most_of(width: int) -> npt.NDArray[np.int64]:
        most: npt.NDArray[np.int64] = (sums[width:] - sums[:-width]).max(axis=0)
        return most

    is_dense = most_of(min(_WINDOW, len(masks))) >= _LEAST_HITS
    if short:
        is_dense |= most_of(_SHORTEST) == _SHORTEST
    return [(bit, name) for bit, name in enumerate(names) if is_dense[bit]]


def _certain_run(row: _Row, name: str) -> _Run | None:
    """Return a run that needs no label: 11 of 12 in a row, three of them rare."""
    sums = [0, *accumulate(hit for _, hit in row)]
    tries = _TYPO_TRIES
    for first in range(len(row) - _WINDOW + 2):
        last = min(first + _WINDOW, len(row))
        hits = sums[last] - sums[first]
        if hits < _LEAST_HITS:
            continue
        for token, hit in row[first:last]:
            if not hit and hits < _ENOUGH_HITS and tries > 0:
                tries -= 1
                hits += mistyped(token.word, name)
        if hits < _ENOUGH_HITS:
            continue
        run = _extended(row, first, last)
        if run.rare >= 3 and run.different >= 8:
            return run
        if run.rare >= 2 and len(row) <= run.words + 1:
            return run
        if any(_holds_checksum(row[first : first + n], name, run) for n in PHRASE_LENGTHS):
            return run
    return None


def _holds_checksum(part: _Row, name: str, run: _Run) -> bool:
    """Return whether ``part`` is a whole phrase, and is all of ``run`` or has a rare word."""
    words = [token.word for token, hit in part if hit]
    is_all = len(words) == run.words
    return (is_all or not ordinary_words().issuperset(words)) and whole_phrase(words, name)


def _extended(row: _Row, first: int, last: int) -> _Run:
    """Return the run that holds ``row[first:last]``; single words on no list do not end it."""
    while not row[first][1]:
        first += 1
    while not row[last - 1][1]:
        last -= 1
    while first > 0 and row[first - 1][1]:
        first -= 1
    while last < len(row) and (row[last][1] or (last + 1 < len(row) and row[last + 1][1])):
        last += 1
    return _run(row[first:last])


def _run(row: _Row) -> _Run:
    words = [token.word for token, hit in row if hit]
    rare = set(words) - ordinary_words()
    return _Run(row[0][0].start, row[-1][0].end, len(words), len(set(words)), len(rare))


def _short_runs(row: _Row) -> Iterator[_Run]:
    """Yield the runs of six list words or more, words such as "seed" aside."""
    first = 0
    for last in range(len(row) + 1):
        if last < len(row) and row[last][1] and row[last][0].word not in _CUE_WORDS:
            continue
        if last - first >= _SHORTEST:
            yield _run(row[first:last])
        first = last + 1


def _cued_run(row: _Row) -> _Run | None:
    """Return a run of six words or more beside a word such as "recovery phrase"."""
    runs = (run for run in _short_runs(row) if run.rare >= 2 and run.different >= 5)
    return next(runs, None)
