"""Completions while typing: from the start, from a later word, by pinyin and by initials."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_fixtures import make_articles

from kb_build.pinyin import suggestions_of
from search_index.suggestions import Suggestion, SuggestionIndex

INDEX = SuggestionIndex(suggestions_of(make_articles()))


def complete(prefix: str, lang: str = "zh", limit: int = 6) -> list[str]:
    return [suggestion.text for suggestion in INDEX.complete(prefix, lang, limit)]


@pytest.mark.parametrize(
    "prefix", ["助记词丢", "助记", "助", "zhuji", "zhujici d", "zhu ji ci", "zjc", "zjcdl"]
)
def test_a_title_is_found_by_han_pinyin_and_initials(prefix: str) -> None:
    assert complete(prefix)[0] == "助记词丢了怎么办？"


@pytest.mark.parametrize("prefix", ["MY TRANSFER", "my tr", "mytransfer", "Ｍｙ ｔ"])
def test_capitals_spaces_and_width_do_not_matter(prefix: str) -> None:
    assert complete(prefix, "en") == ["My transfer succeeded but has not arrived"]


def test_typing_may_start_at_a_later_word() -> None:
    assert complete("network", "en") == ["I sent coins on the wrong network"]
    assert complete("网络") == ["转账选错网络怎么办？"]


def test_typing_may_not_start_inside_an_english_word() -> None:
    assert complete("etwork", "en") == []


def test_taiwanese_wording_completes_to_the_mainland_title() -> None:
    assert complete("轉帳選")[0] == "转账选错网络怎么办？"


def test_the_start_of_a_phrase_comes_before_the_middle_of_another() -> None:
    found = complete("钱包")
    assert found[0] == "钱包被盗了怎么办？"


def test_a_title_comes_before_a_question() -> None:
    index = SuggestionIndex(
        [Suggestion("ab c", "KB-2", "en", 1, ()), Suggestion("ab d", "KB-1", "en", 0, ())]
    )
    assert [s.article_id for s in index.complete("ab", "en", 5)] == ["KB-1", "KB-2"]


def test_the_same_words_are_offered_once() -> None:
    index = SuggestionIndex(
        [
            Suggestion(text, f"KB-{i}", "en", 1, ())
            for i, text in enumerate(("Ab c", "ab C", "ab d"))
        ]
    )
    assert [s.text for s in index.complete("ab", "en", 5)] == ["Ab c", "ab d"]


def test_what_is_written_so_comes_before_what_is_read_so_and_that_before_initials() -> None:
    index = SuggestionIndex(
        [
            Suggestion("给矮子", "KB-1", "zh", 0, ("gei", "ai", "zi")),
            Suggestion("该怎么办", "KB-2", "zh", 0, ("gai", "zen", "me", "ban")),
            Suggestion("ga是什么", "KB-3", "zh", 0, ("", "", "shi", "shen", "me")),
        ]
    )
    assert [s.article_id for s in index.complete("ga", "zh", 5)] == ["KB-3", "KB-2", "KB-1"]


def test_a_prefix_of_very_many_phrases_offers_the_titles_among_them() -> None:
    many = [Suggestion(f"how to {i}", f"KB-{i}", "en", 1, ()) for i in range(3000)]
    title = Suggestion("how to zip", "KB-zip", "en", 0, ())
    found = SuggestionIndex([*many, title]).complete("how", "en", 8)
    assert [s.article_id for s in found] == ["KB-zip", *(f"KB-{i}" for i in range(7))]


def test_when_there_are_too_many_keys_later_words_go_first() -> None:
    phrases = [
        Suggestion("ab cd", "KB-1", "en", 0, ()),
        Suggestion("ef gh", "KB-2", "en", 1, ()),
    ]
    index = SuggestionIndex(phrases, most_keys=2)
    found = {key: len(index.complete(key, "en", 5)) for key in ("ab", "cd", "ef", "gh")}
    assert found == {"ab": 1, "cd": 0, "ef": 1, "gh": 0}


def test_each_article_is_offered_once() -> None:
    articles = [suggestion.article_id for suggestion in INDEX.complete("助记词", "zh", 9)]
    assert articles == ["KB-0052"]


def test_only_the_language_asked_for_is_offered() -> None:
    assert all(s.lang == "en" for s in INDEX.complete("w", "en", 20))
    assert complete("助记词", "en") == []


def test_no_more_than_the_limit_is_offered() -> None:
    assert len(complete("怎么办", limit=2)) == 2


@pytest.mark.parametrize("prefix", ["", " ", "\x00", "\u200b"])
def test_nothing_typed_offers_nothing(prefix: str) -> None:
    assert complete(prefix) == []


@pytest.mark.parametrize("prefix", ["qqqq", "披萨", "！", "🙂", "\ud800"])
def test_what_no_phrase_starts_with_offers_nothing(prefix: str) -> None:
    assert complete(prefix) == []


def test_a_phrase_longer_than_the_keys_is_still_completed_at_its_end() -> None:
    phrase = "a very long question about many things indeed"
    index = SuggestionIndex([Suggestion(phrase, "KB-1", "en", 0, ())])
    assert [s.text for s in index.complete(phrase, "en", 5)] == [phrase]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60), st.integers(1, 20))
def test_no_prefix_is_too_strange(prefix: str, limit: int) -> None:
    found = INDEX.complete(prefix, "zh", limit)
    assert len(found) <= limit
    assert len({s.article_id for s in found}) == len(found)


def test_a_saved_index_completes_the_same(tmp_path: Path) -> None:
    INDEX.save(tmp_path / "suggestions.jsonl")
    loaded = SuggestionIndex.load(tmp_path / "suggestions.jsonl")
    for prefix in ("助", "zjc", "怎么", "zenmeban"):
        assert loaded.complete(prefix, "zh", 9) == INDEX.complete(prefix, "zh", 9)


def test_a_phrase_may_hold_any_sign(tmp_path: Path) -> None:
    odd = [Suggestion('a\u2028b\x85c "d"\t', "KB-1", "en", 0, ()), *suggestions_of(make_articles())]
    SuggestionIndex(odd).save(tmp_path / "suggestions.jsonl")
    loaded = SuggestionIndex.load(tmp_path / "suggestions.jsonl")
    assert loaded.complete("a", "en", 1)[0].text == odd[0].text
