"""Find recovery phrases written in words: every list but the two Chinese ones.

Runs of list words and the number of rare words among them decide, so that a phrase needs neither
a label nor a right checksum, and one or two words may be mistyped or missing. It knows nothing of
single Han characters and of keys.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from search_index.secret_rules.folding import Folded
from search_index.secret_rules.word_lists import (
    ENGLISH,
    list_names,
    lists_of_word,
    mistyped,
    ordinary_words,
    whole_phrase,
)

CUE = re.compile(
    r"助记[词詞码碼]|助記[词詞碼]|恢复(?:短语|词|码)|恢復(?:短語|詞|碼)|种子(?:词|短语|码)|種子(?:詞|短語|碼)"
    r"|注记词|备份(?:词|短语)|備份(?:詞|短語)|单词|單詞"
    r"|\bseed\b|mnemonic|(?:recovery|secret|backup|security|wallet|12|24|twelve)[- ](?:phrase|word)s?"
    r"|\bphrase\b|\bsrp\b|frase (?:semilla|de recuper)|phrase de r|시드|복구|니모닉|リカバリ|シード"
)
"""Words beside which six list words in a row are enough."""

_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[а-яА-Я]+|[ぁ-ゖー]+|[가-힣]+")
_BREAK = re.compile(r"[^\W\d_]{9}", re.UNICODE)
_LONGEST_GAP = 24
_JOINED = re.compile("[a-z]{33,}")
_ORDINALS = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth "
    "one two three four five six seven eight nine ten eleven twelve st nd rd th".split()
)
_LABEL_TIMES = 8
"""A word this frequent is a label (``word 1: …``), not part of the phrase."""
_TYPO_TRIES = 40
"""Words of one text looked up among mistyped ones, so that a long text stays cheap."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that are on one list, and where they are in the folded text."""

    start: int
    end: int
    words: int
    rare: int


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    start: int
    end: int


def find_phrase(folded: Folded) -> tuple[int, int] | None:
    """Return where in ``folded`` a recovery phrase is, or ``None``."""
    for tokens in _readings(folded):
        cued = CUE.search(folded.lower) is not None
        for name, sequence in _sequences(tokens, folded.lower, 6 if cued else 10):
            found = _certain_run(sequence, name) or (cued and _cued_run(sequence, name)) or None
            if found is not None:
                return found.start, found.end
    return None


def find_part(folded: Folded) -> tuple[int, int] | None:
    """Return where the beginning of a phrase may be: six rare-ish list words and little else."""
    tokens = _tokens(folded)
    for name, sequence in _sequences(tokens, folded.lower, 6):
        best = _longest_run(sequence, name)
        if best.words >= 6 and best.rare >= 3 and best.words >= 0.6 * len(tokens):
            return best.start, best.end
    return None


def _tokens(folded: Folded) -> list[_Token]:
    return [_Token(m.group().lower(), *m.span()) for m in _TOKEN.finditer(folded.plain)]


def _readings(folded: Folded) -> list[list[_Token]]:
    """Return the words of the text; and again without labels; and with joined words split."""
    tokens = _tokens(folded)
    readings = [tokens]
    if len(tokens) >= 2 * _LABEL_TIMES:
        counts = Counter(token.word for token in tokens)
        labels = {word for word, n in counts.most_common(3) if n >= _LABEL_TIMES}
        if sum(counts[word] for word in _ORDINALS) >= _LABEL_TIMES:
            labels |= _ORDINALS
        if labels:
            readings.append([token for token in tokens if token.word not in labels])
    for match in _JOINED.finditer(folded.lower):
        split = _split_joined(match.group(), match.start())
        if split:
            readings.append(split)
    return readings


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


def _sequences(
    tokens: list[_Token], lower: str, least: int
) -> list[tuple[str, list[tuple[_Token, bool]]]]:
    """Return, for each list with enough words here, the tokens in a row and whether each is on it.

    A long gap or a stretch of other letters between two tokens ends a row.
    """
    table = lists_of_word()
    masks = [table.get(token.word, 0) for token in tokens]
    if sum(map(bool, masks)) < least:
        return []
    found = []
    for bit, name in enumerate(list_names()):
        hits = [bool(mask >> bit & 1) for mask in masks]
        if sum(hits) < least:
            continue
        row: list[tuple[_Token, bool]] = []
        for token, hit in zip(tokens, hits, strict=True):
            if row and _far_apart(lower[row[-1][0].end : token.start]):
                found.append((name, row))
                row = []
            row.append((token, hit))
        found.append((name, row))
    return [(name, row) for name, row in found if sum(hit for _, hit in row) >= least]


def _far_apart(gap: str) -> bool:
    return len(gap) > 1 and (len(gap) > _LONGEST_GAP or _BREAK.search(gap) is not None)


def _is_rare(word: str, name: str) -> bool:
    return word not in ordinary_words()


def _certain_run(row: list[tuple[_Token, bool]], name: str) -> Run | None:
    """Return a run that needs no label: 11 of 12 in a row, some of them rare."""
    exact = [hit for _, hit in row]
    rare = [hit and _is_rare(token.word, name) for token, hit in row]
    tries = _TYPO_TRIES
    for i in range(len(row) - 10):
        window = slice(i, min(i + 12, len(row)))
        hits = sum(exact[window])
        if hits < 9 or sum(rare[window]) < 2:
            continue
        known = list(exact[window])
        for j, (token, hit) in enumerate(row[window]):
            if not hit and tries > 0 and sum(known) < 11:
                tries -= 1
                known[j] = mistyped(token.word, name)
        if sum(known) < 11:
            continue
        run = _extend(row, i, window.stop, name)
        if run.rare >= 3 or _whole_text_or_checksum(row, run, name):
            return run
    return None


def _whole_text_or_checksum(row: list[tuple[_Token, bool]], run: Run, name: str) -> bool:
    words = [t.word for t, hit in row if hit and run.start <= t.start and t.end <= run.end]
    return len(row) - run.words <= 1 or whole_phrase(words, name)


def _extend(row: list[tuple[_Token, bool]], first: int, last: int, name: str) -> Run:
    while not row[first][1]:
        first += 1
    while not row[last - 1][1]:
        last -= 1
    while first > 0 and row[first - 1][1]:
        first -= 1
    while last < len(row) and (row[last][1] or (last + 1 < len(row) and row[last + 1][1])):
        last += 1
    words = [token.word for token, hit in row[first:last] if hit]
    rare = sum(_is_rare(word, name) for word in words)
    return Run(row[first][0].start, row[last - 1][0].end, len(words), rare)


def _longest_run(row: list[tuple[_Token, bool]], name: str) -> Run:
    best = Run(0, 0, 0, 0)
    first = 0
    for i in range(len(row) + 1):
        if i < len(row) and row[i][1]:
            continue
        if i - first > best.words:
            words = [token.word for token, _ in row[first:i]]
            rare = sum(_is_rare(word, name) for word in words)
            best = Run(row[first][0].start, row[i - 1][0].end, i - first, rare)
        first = i + 1
    return best


def _cued_run(row: list[tuple[_Token, bool]], name: str) -> Run | None:
    """Return a run of six or more beside a word such as "recovery phrase"."""
    best = _longest_run(row, name)
    return best if best.words >= 6 and best.rare >= 3 else None
