from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from xml.etree import ElementTree

import pytest
from site_folder import SiteFolder

from kb_build.article import Article, read_articles
from kb_build.feed import ATOM, MOST_ENTRIES, atom_feed, days_of_checks, feed_url

NAMES = {"a": ATOM}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture
def articles(site: SiteFolder) -> list[Article]:
    return read_articles(site.settings)[0]


def checked(article: Article, day: date, article_id: str = "") -> Article:
    head = replace(article.head, facts_checked=day, id=article_id or article.id)
    return replace(article, head=head)


def parsed(site: SiteFolder, articles: list[Article], lang: str) -> ElementTree.Element:
    return ElementTree.fromstring(atom_feed(articles, lang, site.settings.site))


def test_each_language_has_its_own_address() -> None:
    assert (feed_url("zh"), feed_url("en")) == ("feed.xml", "en/feed.xml")


@pytest.mark.parametrize(("lang", "code"), [("zh", "zh-CN"), ("en", "en")])
def test_the_feed_has_what_rfc_4287_demands(
    site: SiteFolder, articles: list[Article], lang: str, code: str
) -> None:
    feed = parsed(site, articles, lang)
    assert feed.tag == f"{{{ATOM}}}feed"
    assert feed.get(LANG) == code
    for element in (feed, *feed.findall("a:entry", NAMES)):
        for name in ("id", "title", "updated"):
            (only,) = element.findall(f"a:{name}", NAMES)
            assert only.text
        at = datetime.fromisoformat(str(element.findtext("a:updated", "", NAMES)))
        assert at.tzinfo is not None
    assert feed.findtext("a:author/a:name", "", NAMES) == site.settings.site.name[lang]
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", NAMES)}
    assert links["self"] == f"https://help.example.com/{feed_url(lang)}"


def test_an_entry_has_a_permanent_id_and_an_absolute_address(
    site: SiteFolder, articles: list[Article]
) -> None:
    entries = parsed(site, articles, "en").findall("a:entry", NAMES)
    ids = [entry.findtext("a:id", "", NAMES) for entry in entries]
    assert "https://help.example.com/a/KB-0019/en/" in ids
    assert len(ids) == len(set(ids)) == len([a for a in articles if a.lang == "en"])
    for entry in entries:
        link = entry.find("a:link", NAMES)
        assert link is not None
        assert str(link.get("href")).startswith("https://help.example.com/en/")


def test_the_last_check_comes_first_and_dates_the_feed(
    site: SiteFolder, articles: list[Article]
) -> None:
    changed = [
        checked(a, date(2027, 1, 2)) if a.id == "KB-0023" else checked(a, date(2026, 12, 1))
        for a in articles
    ]
    feed = parsed(site, changed, "zh")
    assert feed.findtext("a:updated", "", NAMES) == "2027-01-02T00:00:00Z"
    first = feed.find("a:entry", NAMES)
    assert first is not None
    assert first.findtext("a:id", "", NAMES) == "https://help.example.com/a/KB-0023/zh/"


def test_signs_that_xml_knows_are_escaped(site: SiteFolder, articles: list[Article]) -> None:
    head = replace(articles[0].head, title="A < B & C", summary="看“帮助 > 客服”")
    feed = parsed(site, [replace(articles[0], head=head)], articles[0].lang)
    assert feed.findtext("a:entry/a:title", "", NAMES) == "A < B & C"
    assert feed.findtext("a:entry/a:summary", "", NAMES) == "看“帮助 > 客服”"


def test_a_feed_does_not_grow_without_end(site: SiteFolder, articles: list[Article]) -> None:
    one = next(a for a in articles if a.lang == "zh")
    many = [checked(one, one.facts_checked, f"KB-{n:04}") for n in range(MOST_ENTRIES + 7)]
    assert len(parsed(site, many, "zh").findall("a:entry", NAMES)) == MOST_ENTRIES


def test_days_are_whole_and_end_when_there_are_enough(articles: list[Article]) -> None:
    one = next(a for a in articles if a.lang == "zh")
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 2), date(2026, 11, 3)]
    some = [checked(one, day, f"KB-{n:04}") for n, day in enumerate(days)]
    found = days_of_checks(some, "zh", at_least=2)
    assert [(day.day, [a.id for a in own]) for day, own in found] == [
        (3, ["KB-0003"]),
        (2, ["KB-0002", "KB-0001"]),
    ]
    assert days_of_checks(some, "en", at_least=2) == []


def test_a_site_without_articles_has_an_empty_feed(site: SiteFolder) -> None:
    assert parsed(site, [], "zh").findall("a:entry", NAMES) == []
