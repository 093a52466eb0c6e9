from __future__ import annotations

from datetime import date

import pytest
from site_folder import SiteFolder

from kb_build.article import Article, read_articles
from kb_build.explanations import Entry, ExplainedGlossary, Topic
from kb_build.page_data import PageData, address_of, long_date

DEPOSIT = "zh/transfers/deposit-not-credited.md"
GROUPS = [
    {"heading": "转错了", "articles": ["KB-0023", "KB-9999"]},
    {"heading": "都还没写", "articles": ["KB-9998"]},
]


def page_data(site: SiteFolder, articles: list[Article], **changes: object) -> PageData:
    sources = {article.path.removeprefix("docs/") for article in articles}
    sources |= {"zh/index.md", "en/index.md", "zh/transfers/index.md"}
    parts: dict[str, object] = {
        "lang": "zh",
        "settings": site.settings,
        "articles": articles,
        "metas": {
            "zh/index.md": {
                "emergency": [
                    {"label": "币被盗", "article": "KB-0035"},
                    {"label": "还没写", "article": "KB-9999"},
                ]
            },
            "zh/transfers/index.md": {"title": "转账与充提", "lead": "没到账", "groups": GROUPS},
        },
        "sources": sources,
    }
    return PageData(**(parts | changes))  # type: ignore[arg-type]


@pytest.fixture
def articles(site: SiteFolder) -> list[Article]:
    return read_articles(site.settings)[0]


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("zh/index.md", ""),
        ("en/index.md", "en/"),
        ("zh/transfers/index.md", "transfers/"),
        ("en/transfers/x.md", "en/transfers/x/"),
    ],
)
def test_a_source_file_has_one_address(source: str, address: str) -> None:
    assert address_of(source) == address


def test_an_article_shows_what_its_front_matter_says(
    site: SiteFolder, articles: list[Article]
) -> None:
    deposit = next(a for a in articles if a.path == f"docs/{DEPOSIT}")
    shown = page_data(site, articles).context(DEPOSIT, deposit)["article"]
    assert shown["title"] == "充值没到账怎么办？"
    assert shown["facts_checked"] == "2026-11-21"
    assert shown["short_url"] == "a/KB-0019/"
    assert shown["category_title"] == "转账与充提"


def test_related_articles_that_do_not_exist_are_left_out(
    site: SiteFolder, articles: list[Article]
) -> None:
    deposit = next(a for a in articles if a.path == f"docs/{DEPOSIT}")
    known = {a.id for a in articles}
    shown = page_data(site, articles).context(DEPOSIT, deposit)["article"]
    assert [card["id"] for card in shown["related"]] == [
        article_id for article_id in deposit.related if article_id in known
    ]


def test_a_category_page_groups_its_articles_and_forgets_none(
    site: SiteFolder, articles: list[Article]
) -> None:
    groups = page_data(site, articles).context("zh/transfers/index.md", None)["groups"]
    assert [group["heading"] for group in groups] == ["转错了", ""]
    assert [[card["id"] for card in group["articles"]] for group in groups] == [
        ["KB-0023"],
        ["KB-0019"],
    ]


def test_only_the_open_category_lists_its_articles(
    site: SiteFolder, articles: list[Article]
) -> None:
    data = page_data(site, articles)
    assert data.context("zh/index.md", None)["categories"][0]["articles"] == []
    assert data.context(DEPOSIT, None)["categories"][0]["articles"]


def test_the_emergency_entry_names_only_articles_that_exist(
    site: SiteFolder, articles: list[Article]
) -> None:
    emergency = page_data(site, articles).context("zh/index.md", None)["emergency"]
    assert [entry["label"] for entry in emergency] == ["币被盗"]


def test_the_other_language_is_the_same_page_or_else_its_home(
    site: SiteFolder, articles: list[Article]
) -> None:
    data = page_data(site, articles)
    assert data.context(DEPOSIT, None)["alternate"]["url"] == "en/transfers/deposit-not-credited/"
    assert data.context("zh/transfers/index.md", None)["alternate"]["url"] == "en/"
    assert data.context(None, None)["alternate"]["url"] == "en/"


def test_a_contact_page_goes_before_the_article_about_contact(
    site: SiteFolder, articles: list[Article]
) -> None:
    assert page_data(site, articles).context(None, None)["contact_url"] == ""
    data = page_data(site, articles, sources={"zh/contact.md"})
    assert data.context(None, None)["contact_url"] == "contact/"


def test_a_day_is_written_as_people_write_it() -> None:
    assert long_date(date(2026, 3, 1), "zh") == "2026年3月1日"
    assert long_date(date(2026, 3, 1), "en") == "1 March 2026"


def test_whats_new_groups_a_day_by_category_in_the_fixed_order(
    site: SiteFolder, articles: list[Article]
) -> None:
    data = page_data(site, articles)
    (day,) = data.context("zh/whats-new.md", None)["days"]
    assert (day["date"], day["count"], day["is_short"]) == ("2026-11-21", 5, True)
    titles = [category["title"] for category in day["categories"]]
    assert titles == ["转账与充提", "security", "recovery", "payments"]
    assert data.context("zh/index.md", None)["days"] == []


def test_a_glossary_entry_leads_to_an_article_that_exists(
    site: SiteFolder, articles: list[Article]
) -> None:
    entries = tuple(
        Entry(
            anchor=f"word-{number}",
            heads={"zh": "质押", "en": "staking"},
            others={"zh": (), "en": ()},
            texts={"zh": "锁定。", "en": "Locking."},
            article_id=article_id,
            link_words={"zh": (), "en": ()},
        )
        for number, article_id in enumerate(["KB-0019", "KB-9999"])
    )
    glossary = ExplainedGlossary((Topic("trading", {"zh": "交易", "en": "Trading"}, entries),))
    data = page_data(site, articles, glossary=glossary)
    (topic,) = data.context("zh/glossary.md", None)["glossary"]
    known, unknown = topic["entries"]
    assert (topic["title"], known["head"], known["translation"]) == ("交易", "质押", "staking")
    assert known["article"]["url"] == "transfers/deposit-not-credited/"
    assert unknown["article"] is None
    assert data.context(DEPOSIT, None)["glossary"] == []


def test_wanted_articles_keep_their_order_and_leave_out_what_is_not_published(
    site: SiteFolder, articles: list[Article]
) -> None:
    data = page_data(site, articles, most_wanted=["KB-0023", "KB-9999", "KB-0019"])
    wanted = data.context("zh/index.md", None)["most_wanted"]
    assert [card["id"] for card in wanted] == ["KB-0023", "KB-0019"]


def test_the_footer_names_the_pages_that_exist(site: SiteFolder, articles: list[Article]) -> None:
    metas = {"zh/whats-new.md": {"title": "最近更新"}, "zh/glossary.md": {"title": "名词解释"}}
    context = page_data(site, articles, metas=metas).context(None, None)
    assert [(item["title"], item["url"]) for item in context["footer_pages"]] == [
        ("名词解释", "glossary/"),
        ("最近更新", "whats-new/"),
    ]
    assert context["feed_url"] == "feed.xml"
