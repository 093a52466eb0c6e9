"""The page: one file, both languages, every figure with its definition, no text of a few."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from report_samples import HOSTILE, RARE, report_snapshot, sample_report  # noqa: F401

from search_index.report import Report
from search_index.report.page import render_page
from search_index.report.texts import TEXTS

Make = Callable[..., Report]


class Tags(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def page(lang: str, sample_report: Make) -> str:  # noqa: F811
    return render_page(sample_report(lang))


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["zh"].keys() == TEXTS["en"].keys()
    for name, zh in TEXTS["zh"].items():
        fields = [
            {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for text in (zh, TEXTS["en"][name])
        ]
        assert fields[0] == fields[1], name


def test_the_page_asks_nobody_and_runs_nothing(page: str) -> None:
    found = Tags(page)
    assert "script" not in found.tags
    assert not any(name.startswith("on") for name, _ in found.attributes)
    outside = [v for name, v in found.attributes if name in ("src", "href", "action") and v]
    assert outside == ["data:,"]
    assert not re.search(r"https?:|url\(|@import", page)
    assert "default-src 'none'" in page


def test_what_somebody_typed_is_text_and_nothing_else(page: str) -> None:
    assert HOSTILE.lower() in Tags(page).text
    assert "<script>" not in page


def test_what_fewer_than_three_sessions_typed_is_not_in_the_page(page: str) -> None:
    assert RARE not in page
    assert "怎么跟单" in page


def test_every_figure_stands_beside_its_definition(lang: str, page: str) -> None:
    text = Tags(page).text
    for name in TEXTS[lang]:
        if name.endswith("_why") and "{" not in TEXTS[lang][name]:
            assert TEXTS[lang][name] in text, name


def test_the_page_says_that_emergencies_are_left_out(lang: str, page: str) -> None:
    assert TEXTS[lang]["urgent_note"].format(n=1) in Tags(page).text


def test_figures_show_part_whole_and_the_period_before(lang: str, page: str) -> None:
    text = Tags(page).text
    assert "20% 10 / 50" in text  # no answer
    assert TEXTS[lang]["previous"].format(value="100%") in text


def test_words_of_the_page_are_in_its_language(lang: str, page: str) -> None:
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    titles = {
        "zh": "转账显示成功但没到账怎么办？",
        "en": "My transfer succeeded but has not arrived",
    }
    assert titles[lang] in page
    assert titles["en" if lang == "zh" else "zh"] not in page


def test_a_period_without_events_has_a_page_too(lang: str, sample_report: Make) -> None:  # noqa: F811
    assert TEXTS[lang]["empty"] in render_page(sample_report(lang, events=[]))


def test_the_page_fits_phone_dark_and_paper(page: str) -> None:
    for rule in ("prefers-color-scheme: dark", "max-width: 760px", "size: A4"):
        assert rule in page
    assert 'name="viewport"' in page
