"""Find recovery phrases written in single Han characters, simplified or traditional.

Nearly every common character is on the list, so a checksum proves little: what separates a phrase
from a sentence is that neighbours in a phrase form no words and that rare characters are as
frequent as common ones. It knows nothing of phrases in words.
"""

from __future__ import annotations

import re
from functools import cache

from mnemonic import Mnemonic

from search_index.secret_rules.folding import Folded
from search_index.secret_rules.phrases import CUE
from search_index.secret_rules.word_lists import PHRASE_LENGTHS, checksum_holds, read_data

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LABEL = re.compile(
    r"第\s*(?:[一二三四五六七八九十]+|\d+)\s*(?:个|個)?\s*(?:单词|單詞|助记词|助記詞|词|詞|字)?\s*[是为為:：]?"
    r"|(?:单词|單詞|助记词|助記詞|词|詞|字)\s*(?:\d+|[一二三四五六七八九十]+)\s*[是为為:：]?"
    r"|[一二三四五六七八九十]+[、.:：)）]"
)
_SEPARATED_LEAST = 10
_PART_LEAST = 6
_GLUE = re.compile("^[是为為的就如下有在个個這这:：]*")


@cache
def _positions() -> dict[str, int]:
    table: dict[str, int] = {}
    for name in ("chinese_simplified", "chinese_traditional"):
        table |= {character: i for i, character in enumerate(Mnemonic(name).wordlist)}
    return table


@cache
def _followers() -> dict[int, frozenset[int]]:
    """Return, for each character that begins common words, those that follow it there."""
    table = _positions()
    rows = (line for line in read_data("han_pairs.txt").splitlines())
    return {table[r[0]]: frozenset(table[c] for c in r[1:]) for r in rows}


def find_han_phrase(folded: Folded) -> tuple[int, int] | None:
    """Return where in ``folded`` a recovery phrase of Han characters is, or ``None``."""
    text = folded.lower
    runs = [m.span() for m in _HAN_RUN.finditer(text)]
    if sum(end - start for start, end in runs) < _SEPARATED_LEAST:
        return None
    labels = _LABEL.findall(text)
    if len(labels) >= _PART_LEAST:
        text = _LABEL.sub(lambda m: " " * len(m.group()), text)
        runs = [m.span() for m in _HAN_RUN.finditer(text)]
    return _separated(text, runs, _SEPARATED_LEAST) or _unbroken(text, runs)


def find_han_part(folded: Folded) -> tuple[int, int] | None:
    """Return where six or more characters stand apart, as when a phrase is being typed."""
    runs = [m.span() for m in _HAN_RUN.finditer(folded.lower)]
    return _separated(folded.lower, runs, _PART_LEAST)


def _separated(text: str, runs: list[tuple[int, int]], least: int) -> tuple[int, int] | None:
    """Find single characters kept apart, whose neighbours do not make words."""
    singles: list[int] = []
    for i, (start, end) in enumerate(runs):
        if end - start == 1 and (not singles or _near(text, singles[-1] + 1, start)):
            singles.append(start)
        else:
            if len(singles) >= least and not _reads_as_words([text[p] for p in singles]):
                break
            singles = [start] if end - start == 1 else []
        del i
    if len(singles) >= least and not _reads_as_words([text[p] for p in singles]):
        return singles[0], singles[-1] + 1
    return None


def _near(text: str, end: int, start: int) -> bool:
    gap = text[end:start]
    return len(gap) <= 12 and not any("a" <= c <= "z" for c in gap)


def _reads_as_words(characters: list[str]) -> bool:
    indices = [_positions().get(c, -1) for c in characters]
    if sum(i >= 0 for i in indices) < 0.8 * len(indices):
        return True
    return common_pair_share(indices) > 0.35


def common_pair_share(indices: list[int]) -> float:
    """Return the share of neighbours that are neighbours in common words too, 0 to 1."""
    followers = _followers()
    pairs = list(zip(indices, indices[1:], strict=False))
    common = sum(b in followers.get(a, ()) for a, b in pairs)
    return common / max(1, len(pairs))


def _unbroken(text: str, runs: list[tuple[int, int]]) -> tuple[int, int] | None:
    cued = CUE.search(text) is not None
    for start, end in runs:
        if end - start in PHRASE_LENGTHS and _is_phrase(text[start:end], cued=cued):
            return start, end
    if not cued:
        return None
    for cue in CUE.finditer(text):
        for start, end in runs:
            if start <= cue.end() < end:
                begin = cue.end() + len(_GLUE.match(text[cue.end() : end]).group())
                for length in PHRASE_LENGTHS:
                    if begin + length <= end and _is_phrase(
                        text[begin : begin + length], cued=False
                    ):
                        return begin, begin + length
    return None


def _is_phrase(characters: str, *, cued: bool) -> bool:
    table = _positions()
    indices = [table.get(c, -1) for c in characters]
    if min(indices) < 0:
        return False
    share = common_pair_share(indices)
    mean = sum(indices) / len(indices)
    if checksum_holds(indices):
        return share <= 0.2 and mean >= 550
    return cued and share <= 0.1 and mean >= 700
