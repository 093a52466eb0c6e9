"""Pinyin tables for the snapshot (the only door to pypinyin); knows nothing of queries."""

from __future__ import annotations

from collections.abc import Iterable

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
            for character, syllable in zip(run, lazy_pinyin(run), strict=True):
                found.setdefault(character, {})[syllable] = None
    for character in sorted(set(found) | _common_characters()):
        readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
        known = found.setdefault(character, {})
        for syllable in readings:
            if syllable.isascii() and syllable.isalpha():
                known[syllable] = None
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
    syllables = iter(lazy_pinyin(han_runs(normalised)))
    runs = set("".join(han_runs(normalised)))
    return tuple(next(syllables, "") if character in runs else "" for character in normalised)


def _common_characters() -> set[str]:
    """Return the 6,763 characters of GB 2312, levels 1 and 2."""
    characters = set()
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                characters.add(bytes((high, low)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return characters
