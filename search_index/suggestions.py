"""Completions while typing: titles and questions by prefix of words, pinyin and initials.

Purely lexical and in memory; it knows nothing of vectors or articles' bodies.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import normalise

_KEY_LENGTH = 24
_MOST_KEYS = 1_000_000
"""About 150 MB; 2,500 articles keep all their keys. See `_groups_of_keys` for what goes first."""
_LAST = "\U0010ffff"
_NUMBER_BITS = 32


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase that somebody may be typing.

    Attributes:
        text: shown as it is.
        weight: 0 for a title, 1 for a question; lower comes first.
        syllables: toneless pinyin of each character of the normalised text; "" where a
            character is not Han.
    """

    text: str
    article_id: str
    lang: str
    weight: int
    syllables: tuple[str, ...]


class SuggestionIndex:
    """Sorted keys of all phrases; a look-up is two binary searches and the best of the ranks.

    Args:
        suggestions: the phrases; among equals the first comes first.
        most_keys: keys at most; the phrases' own starts are kept the longest.
    """

    def __init__(self, suggestions: Sequence[Suggestion], *, most_keys: int = _MOST_KEYS) -> None:
        self._suggestions = tuple(suggestions)
        self._normalised = tuple(normalise(s.text) for s in self._suggestions)
        keys: dict[str, dict[tuple[str, int], None]] = {s.lang: {} for s in self._suggestions}
        for group in _groups_of_keys(self._suggestions, self._normalised):
            found = list(group)
            if sum(map(len, keys.values())) + len(found) > most_keys:
                break
            for lang, key, rank in found:
                keys[lang][key, rank] = None
        self._keys: dict[str, list[str]] = {}
        self._ranks: dict[str, NDArray[np.int64]] = {}
        for lang, pairs in keys.items():
            ordered = sorted(pairs)
            self._keys[lang] = [key for key, _ in ordered]
            self._ranks[lang] = np.array([rank for _, rank in ordered], dtype=np.int64)

    def complete(self, prefix: str, lang: str, limit: int) -> list[Suggestion]:
        """Return the phrases that ``prefix`` starts, in whole or from one of their words.

        The start of a phrase comes before the middle of another, what is written so before
        what is only read so and before initials, a title before a question.

        Args:
            prefix: as typed; Han, Latin, pinyin or pinyin initials.
            lang: only phrases of this language.
            limit: at most so many, one for each article, no text twice.
        """
        key = normalise(prefix).replace(" ", "")[:_KEY_LENGTH]
        keys = self._keys.get(lang)
        if not key or not keys:
            return []
        start, end = bisect_left(keys, key), bisect_left(keys, key + _LAST)
        ranks = self._ranks[lang][start:end]
        looked_at = 8 * limit
        while True:
            best = np.sort(_smallest(ranks, looked_at))
            found = self._distinct(best.tolist(), limit)
            if len(found) == limit or looked_at >= len(ranks):
                return found
            looked_at *= 8

    def _distinct(self, ranks: Iterable[int], limit: int) -> list[Suggestion]:
        found: dict[str, Suggestion] = {}
        texts: set[str] = set()
        for rank in ranks:
            number = rank & ((1 << _NUMBER_BITS) - 1)
            suggestion, text = self._suggestions[number], self._normalised[number]
            if suggestion.article_id not in found and text not in texts:
                found[suggestion.article_id] = suggestion
                texts.add(text)
                if len(found) == limit:
                    break
        return list(found.values())

    def save(self, path: Path) -> None:
        """Write one JSON line for each phrase."""
        lines = (
            json.dumps(
                [s.text, s.article_id, s.lang, s.weight, " ".join(s.syllables)],
                ensure_ascii=False,
            )
            for s in self._suggestions
        )
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> SuggestionIndex:
        """Read what `save` wrote."""
        suggestions = []
        lines = path.read_text(encoding="utf-8").split("\n")  # splitlines cuts at U+2028 too
        for line in filter(None, lines):
            text, article_id, lang, weight, syllables = json.loads(line)
            suggestions.append(
                Suggestion(text, article_id, lang, weight, tuple(syllables.split(" ")))
            )
        return cls(suggestions)


def _smallest(ranks: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return ranks if len(ranks) <= count else np.partition(ranks, count)[:count]


def _groups_of_keys(
    suggestions: Sequence[Suggestion], normalised: Sequence[str]
) -> Iterator[Iterator[tuple[str, str, int]]]:
    """Yield (language, key, rank) in groups, the most used first: what titles start with, what
    questions start with, later words of titles, later words of questions.
    """
    for later in (False, True):
        for weight in sorted({s.weight for s in suggestions}):
            yield (
                (s.lang, key, rank << _NUMBER_BITS | number)
                for number, (s, text) in enumerate(zip(suggestions, normalised, strict=True))
                if s.weight == weight
                for key, rank in _keys(s, text, later)
            )


def _keys(suggestion: Suggestion, text: str, later: bool) -> Iterator[tuple[str, int]]:
    """Yield key and rank, lower is better, for the places at which typing may start.

    Args:
        text: normalised.
        later: every place but the first, instead of the first.
    """
    forms = [[c.strip() for c in text]]
    if len(suggestion.syllables) == len(text) and any(suggestion.syllables):
        read = [s or c for s, c in zip(suggestion.syllables, forms[0], strict=True)]
        forms += [read, [r[:1] for r in read]]
    for form, pieces in enumerate(forms):
        rank = (3 * later + form) * 2 + suggestion.weight
        whole = "".join(pieces)
        offsets = accumulate(map(len, pieces), initial=0)
        for i, offset in zip(range(len(text)), offsets, strict=False):
            if bool(i) == later and _may_start(text, i) and (not form or suggestion.syllables[i]):
                yield whole[offset : offset + _KEY_LENGTH], rank
            if not later:
                break


def _may_start(text: str, i: int) -> bool:
    character = text[i]
    inside = i > 0 and character.isascii() and character.isalnum() and text[i - 1] != " "
    return character != " " and not inside
