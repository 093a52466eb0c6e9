"""Pinyin tables: readings of characters, and syllables beside each suggestion."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from site_folder import SiteFolder

from kb_build.article import read_articles
from kb_build.passages import article_records
from kb_build.pinyin import suggestions_of, syllables_of_characters
from search_index.analyzer import normalise
from search_index.records import ArticleRecord
from search_index.suggestions import SuggestionIndex

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


def record(title: str, *questions: str, lang: str = "zh") -> ArticleRecord:
    """Return an article with these phrases."""
    facts = {"category": "transfers", "summary": "", "url": "/x/", "short_url": "/a/KB-0019/"}
    facts |= {"urgency": "general", "audience": "all", "time": "", "facts_checked": "2026-11-21"}
    facts["review_by"] = "2027-05-21"
    lists = {"questions": questions, "related": (), "actions": ()}
    return ArticleRecord(article_id="KB-0019", lang=lang, title=title, **facts, **lists)


def test_the_reading_in_the_text_comes_first() -> None:
    assert syllables_of_characters(["去银行"])["行"][0] == "hang"
    assert syllables_of_characters(["行不行"])["行"][0] == "xing"


def test_other_readings_of_a_character_follow() -> None:
    assert {"hang", "xing"} <= set(syllables_of_characters(["去银行"])["行"])


def test_common_characters_are_there_without_any_text() -> None:
    table = syllables_of_characters([])
    assert len(table) == 6763
    assert table["币"][0] == "bi"


def test_rare_characters_of_the_site_are_added() -> None:
    assert "䶮" not in syllables_of_characters([])
    assert syllables_of_characters(["刘䶮"])["䶮"] == ["yan"]


def test_traditional_text_gives_the_characters_that_queries_become() -> None:
    table = syllables_of_characters(["轉帳選錯鏈"])
    assert "账" in table
    assert "鏈" not in table


def test_syllables_are_toneless_ascii() -> None:
    table = syllables_of_characters(["女士绿色充值 abc 123"])
    assert table["绿"][0] in ("lv", "lu")
    assert all(s.isascii() and s.isalpha() for syllables in table.values() for s in syllables)


def test_the_table_is_in_order_whatever_the_order_of_the_texts() -> None:
    one, two = syllables_of_characters(["币", "充"]), syllables_of_characters(["充", "币"])
    assert list(one.items()) == list(two.items())
    assert list(one) == sorted(one)


def test_titles_come_before_questions() -> None:
    found = suggestions_of([record("充值没到账怎么办？", "提币没到账", "币呢")])
    assert [(s.text, s.weight) for s in found] == [
        ("充值没到账怎么办？", 0),
        ("提币没到账", 1),
        ("币呢", 1),
    ]


def test_each_character_of_the_normalised_text_has_its_syllable() -> None:
    (found,) = suggestions_of([record("USDT提幣 没到账？")])
    assert dict(zip(normalise(found.text), found.syllables, strict=True))["币"] == "bi"
    assert found.syllables[:4] == ("", "", "", "")
    assert found.syllables[-1] == ""


def test_suggestions_of_the_site_are_found_by_pinyin_and_initials(site: SiteFolder) -> None:
    records = article_records(read_articles(site.settings)[0], "/")
    index = SuggestionIndex(suggestions_of(records))
    for typed in ("chongzhi", "czmdz", "充值"):
        assert [s.article_id for s in index.complete(typed, "zh", 1)] == ["KB-0019"], typed


@settings(max_examples=60)
@given(st.text(st.one_of(HAN, st.characters(codec="utf-8")), min_size=1, max_size=12))
def test_no_text_breaks_the_alignment(text: str) -> None:
    (found,) = suggestions_of([record(text)])
    assert len(found.syllables) == len(normalise(text))
