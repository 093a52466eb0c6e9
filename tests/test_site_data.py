from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from site_folder import SiteFolder

from kb_build import site_data
from kb_build.article import Article, read_articles
from kb_build.site_data import (
    SitePage,
    fallback_index,
    first_actions,
    load_redirects,
    redirects,
    short_link_page,
    short_links,
    sitemap,
    variants_of,
    write_site_data,
)

URL = "https://help.example.com/"
TARGETS = {"zh": "/transfers/x/", "en": "/en/transfers/x/"}


@pytest.fixture
def articles(site: SiteFolder) -> list[Article]:
    found, problems = read_articles(site.settings)
    assert not problems
    return found


def test_the_fallback_index_holds_one_entry_per_article_of_its_language(
    articles: list[Article],
) -> None:
    index = fallback_index(articles, "zh", {("KB-0019", "zh"): ("币卡住了", "提幣沒到")})
    assert [entry["id"] for entry in index["articles"]] == sorted(
        article.id for article in articles if article.lang == "zh"
    )
    deposit = next(entry for entry in index["articles"] if entry["id"] == "KB-0019")
    assert deposit["url"] == "/transfers/deposit-not-credited/"
    assert "提币没到账" in deposit["questions"]
    assert deposit["phrasings"] == ("币卡住了", "提幣沒到")
    assert index["variants"]["幣"] == "币"
    assert "{{" not in json.dumps(index)


def test_a_large_site_gives_the_fallback_index_fewer_phrasings_of_each_article(
    articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    chinese = sum(article.lang == "zh" for article in articles)
    monkeypatch.setattr(site_data, "_MOST_PHRASINGS", 2 * chinese)
    index = fallback_index(articles, "zh", {("KB-0019", "zh"): ("一", "二", "三")})
    found = {entry["id"]: entry["phrasings"] for entry in index["articles"]}
    assert found["KB-0019"] == ("一", "二")


def test_the_fallback_index_respects_a_site_below_a_folder(articles: list[Article]) -> None:
    entry = fallback_index(articles, "en", {}, base_path="/help/")["articles"][0]
    assert entry["url"].startswith("/help/en/")


def test_only_an_urgent_article_brings_first_actions(articles: list[Article]) -> None:
    for article in articles:
        assert bool(first_actions(article)) == (article.urgency == "urgent")


def test_variants_lead_from_traditional_characters_to_those_in_use() -> None:
    variants = variants_of("转账选错网络")
    assert variants["轉"] == "转"
    assert variants["帳"] == variants["帐"] == "账"
    assert "轰" not in variants.values()


def test_a_short_link_keeps_query_and_fragment_and_works_without_script() -> None:
    page = short_link_page(TARGETS, lang=None, depth=2, site_url=URL)
    assert "location.replace(targets[lang]+location.search+location.hash)" in page
    assert '"zh": "../../transfers/x/", "en": "../../en/transfers/x/"' in page
    assert '<meta http-equiv="refresh" content="0; url=../../transfers/x/">' in page
    assert '<link rel="icon" href="data:,">' in page, "the browser would ask for /favicon.ico"
    assert '<link rel="canonical" href="https://help.example.com/transfers/x/">' in page
    assert '<meta name="robots" content="noindex">' in page


def test_a_short_link_with_a_language_asks_no_visitor() -> None:
    page = short_link_page(TARGETS, lang="en", depth=3, site_url=URL)
    assert "navigator" not in page
    assert 'lang="en"' in page
    assert "url=../../../en/transfers/x/" in page


def test_every_article_has_short_links(articles: list[Article]) -> None:
    pages = short_links(articles, URL)
    for article in articles:
        assert f"a/{article.id}/index.html" in pages
        assert f"a/{article.id}/{article.lang}/index.html" in pages


def test_an_old_address_leads_to_the_article_in_each_language(articles: list[Article]) -> None:
    pages = redirects({"transfers/old-name": "KB-0019"}, articles, URL)
    assert set(pages) == {"transfers/old-name/index.html", "en/transfers/old-name/index.html"}
    page = pages["en/transfers/old-name/index.html"]
    assert "url=../../../en/transfers/deposit-not-credited/" in page


def test_redirects_are_read_from_the_operators_data(tmp_path: Path) -> None:
    assert load_redirects(tmp_path) == {}
    (tmp_path / "redirects.yml").write_text("transfers/old-name: KB-0019\n", encoding="utf-8")
    assert load_redirects(tmp_path) == {"transfers/old-name": "KB-0019"}


def test_the_sitemap_names_translations_and_the_default() -> None:
    pages = [
        SitePage("transfers/x/", {"zh": "transfers/x/", "en": "en/transfers/x/"}, "2026-11-21"),
        SitePage("only/", {"zh": "only/"}),
    ]
    root = ElementTree.fromstring(sitemap(pages, URL))
    namespace = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    only, both = root.findall(f"{namespace}url")
    assert both.findtext(f"{namespace}lastmod") == "2026-11-21"
    links = {
        link.get("hreflang"): link.get("href")
        for link in both.iter("{http://www.w3.org/1999/xhtml}link")
    }
    assert links == {
        "zh-CN": f"{URL}transfers/x/",
        "en": f"{URL}en/transfers/x/",
        "x-default": f"{URL}transfers/x/",
    }
    assert len(list(only.iter("{http://www.w3.org/1999/xhtml}link"))) == 2


def test_everything_is_written_below_the_sites_folder(
    site: SiteFolder, articles: list[Article], tmp_path: Path
) -> None:
    write_site_data(articles, {}, [SitePage("")], site.settings, tmp_path)
    for name in ("sitemap.xml", "a/KB-0019/index.html", "assets/kb/search.zh.json"):
        assert (tmp_path / name).is_file()
