"""Pinyin tables for the snapshot (the only door to pypinyin); knows nothing of queries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin

from search_index.analyzer import han_runs, normalise
from search_index.records import ArticleRecord
from search_index.suggestions import Suggestion


def syllables_of_characters(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return Han character → toneless syllables, for GB 2312 and all characters of ``texts``.

    Readings in context come first, so 银行 gives ``hang`` for 行 before ``xing``.
    """
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        for run in han_runs(normalise(text)):
            for character, syllable in zip(run, _in_context(run), strict=True):
                found.setdefault(character, {})[syllable] = None
    for character in sorted(set(found) | _common_characters()):
        found.setdefault(character, {}).update(dict.fromkeys(_alone(character)))
    return {c: list(syllables) for c, syllables in sorted(found.items()) if syllables}


def suggestions_of(articles: Iterable[ArticleRecord]) -> list[Suggestion]:
    """Return the phrases that are offered while typing: titles first, then questions."""
    phrases = []
    for article in articles:
        for weight, text in [(0, article.title), *((1, q) for q in article.questions)]:
            phrases.append(
                Suggestion(text, article.article_id, article.lang, weight, _aligned(text))
            )
    return phrases


def _aligned(text: str) -> tuple[str, ...]:
    """Return one syllable for each character of the normalised text; "" for other characters."""
    normalised = normalise(text)
    syllables = iter([s for run in han_runs(normalised) for s in _in_context(run)])
    runs = set("".join(han_runs(normalised)))
    return tuple(next(syllables, "") if character in runs else "" for character in normalised)


# A preview asks for the same runs at every build, and pypinyin takes a second for them.
@lru_cache(maxsize=1 << 16)
def _in_context(run: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(run))


@lru_cache(maxsize=1 << 15)
def _alone(character: str) -> tuple[str, ...]:
    readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    return tuple(s for s in readings if s.isascii() and s.isalpha())


@lru_cache(maxsize=1)
def _common_characters() -> frozenset[str]:
    """Return the 6,763 characters of GB 2312, levels 1 and 2."""
    characters = set()
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                characters.add(bytes((high, low)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return frozenset(characters)
