"""`kb new`: the skeleton of an article, with the next free number, in both languages."""

from __future__ import annotations

import pytest
from site_folder import DEPOSIT_ZH, SiteFolder

from kb_build.article import read_articles
from kb_build.check import SECTIONS
from kb_build.new_article import write_new_article
from kb_build.pipeline import Builder
from search_index.errors import KbError


def new(site: SiteFolder, slug: str = "raise-my-limit", category: str = "payments") -> list[str]:
    """Write a new article and return its files, relative to the site."""
    paths = write_new_article(site.settings, category, slug)
    return [path.relative_to(site.root).as_posix() for path in paths]


def test_one_file_for_each_language_is_written(site: SiteFolder) -> None:
    assert new(site) == ["docs/zh/payments/raise-my-limit.md", "docs/en/payments/raise-my-limit.md"]


def test_the_number_is_the_next_after_the_highest(site: SiteFolder) -> None:
    assert "\nid: KB-0073\n" in site.read(new(site)[0])
    assert "\nid: KB-0074\n" in site.read(new(site, "lower-my-limit")[1])


def test_gaps_are_not_filled_because_numbers_are_never_used_again(site: SiteFolder) -> None:
    site.edit("docs/zh/payments/payment-failed.md", "id: KB-0072", 'id: "KB-0900"')
    assert "\nid: KB-0901\n" in site.read(new(site)[0])


def test_the_first_article_is_number_one(site: SiteFolder) -> None:
    site.edit("kb.toml", "[build]", "[build]\ndocs = 'fresh'")
    assert "\nid: KB-0001\n" in site.read(new(site)[0])


def test_the_skeleton_has_the_sections_of_the_template(site: SiteFolder) -> None:
    text = site.read(new(site)[1])
    headings = [line for line in text.split("\n") if line.startswith("## ")]
    expected = [f"## {names['en']} {{#{a}}}" for a, names in SECTIONS.items() if a != "do-now"]
    assert headings == expected


def test_only_what_the_author_has_to_fill_in_is_reported(site: SiteFolder) -> None:
    files = new(site)
    problems = Builder(site.settings).check().problems
    assert {p.path for p in problems} == set(files)
    assert {p.message.split("'")[1] for p in problems} == {"time", "related"}


def test_once_filled_in_nothing_is_reported_and_it_is_a_draft(site: SiteFolder) -> None:
    for path in new(site):
        site.edit(path, 'time: ""', 'time: "5"')
        site.edit(path, "related: []", "related: [KB-0019]")
    assert Builder(site.settings).check().problems == ()
    drafts = [a.slug for a in read_articles(site.settings)[0] if a.status == "draft"]
    assert drafts == ["raise-my-limit", "raise-my-limit"]


@pytest.mark.parametrize(
    "slug", ["", "Raise", "raise_my_limit", "raise--limit", "../x", "提额", "a/b"]
)
def test_what_is_no_slug_is_refused(site: SiteFolder, slug: str) -> None:
    with pytest.raises(KbError) as caught:
        new(site, slug)
    assert caught.value.code == "SLUG_INVALID"


@pytest.mark.parametrize("slug", ["index", "contact", "glossary"])
def test_the_name_of_a_page_is_refused(site: SiteFolder, slug: str) -> None:
    with pytest.raises(KbError, match="the name of a page"):
        new(site, slug)


def test_an_article_is_never_overwritten(site: SiteFolder) -> None:
    before = site.read(DEPOSIT_ZH)
    site.delete("docs/en/transfers/deposit-not-credited.md")
    with pytest.raises(KbError) as caught:
        new(site, "deposit-not-credited", "transfers")
    assert caught.value.code == "ARTICLE_EXISTS"
    assert site.read(DEPOSIT_ZH) == before
    assert not (site.root / "docs/en/transfers/deposit-not-credited.md").exists()


def test_when_one_file_cannot_be_written_neither_is_left(site: SiteFolder) -> None:
    site.write("docs/en/support", "a file where a folder should be")
    with pytest.raises(OSError, match="support"):
        new(site, category="support")
    assert not (site.root / "docs/zh/support/raise-my-limit.md").exists()
