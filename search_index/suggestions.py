"""Completions while typing: titles and questions by prefix of words, pinyin and initials.

Purely lexical and in memory; it knows nothing of vectors or articles' bodies.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from search_index.analyzer import normalise

_KEY_LENGTH = 24
_SCANNED_AT_MOST = 2000


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
    """Sorted keys of all phrases; a look-up is one binary search."""

    def __init__(self, suggestions: Sequence[Suggestion]) -> None:
        self._suggestions = tuple(suggestions)
        keys: set[tuple[str, int, int]] = set()
        for number, suggestion in enumerate(self._suggestions):
            for position, key in _keys(suggestion):
                keys.add((key[:_KEY_LENGTH], position, number))
        self._keys = sorted(keys)

    def complete(self, prefix: str, lang: str, limit: int) -> list[Suggestion]:
        """Return the phrases that ``prefix`` starts, in whole or from one of their words.

        Args:
            prefix: as typed; Han, Latin, pinyin or pinyin initials.
            lang: only phrases of this language.
            limit: at most so many, one for each article.
        """
        key = normalise(prefix).replace(" ", "")[:_KEY_LENGTH]
        if not key:
            return []
        start = bisect_left(self._keys, (key, 0, 0))
        found: list[tuple[int, int, int]] = []
        for entry, position, number in self._keys[start : start + _SCANNED_AT_MOST]:
            if not entry.startswith(key):
                break
            suggestion = self._suggestions[number]
            if suggestion.lang == lang:
                found.append((min(position, 1), suggestion.weight, number))
        best: dict[str, Suggestion] = {}
        for _, _, number in sorted(found):
            suggestion = self._suggestions[number]
            best.setdefault(suggestion.article_id, suggestion)
            if len(best) == limit:
                break
        return list(best.values())

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


def _keys(suggestion: Suggestion) -> Iterable[tuple[int, str]]:
    """Yield (position, key) for every place at which typing may start."""
    text = normalise(suggestion.text)
    aligned = len(suggestion.syllables) == len(text)
    for i, character in enumerate(text):
        starts = i == 0 or not (character.isascii() and character.isalnum()) or text[i - 1] == " "
        if character == " " or not starts:
            continue
        yield i, text[i:].replace(" ", "")
        if aligned and suggestion.syllables[i]:
            tail = [s or c for s, c in zip(suggestion.syllables[i:], text[i:], strict=True)]
            yield i, "".join(tail).replace(" ", "")
            yield i, "".join(s[0] for s in tail).replace(" ", "")
