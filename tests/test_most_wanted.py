"""The articles on the home page; what is wrong with the file is in scenarios/check."""

from __future__ import annotations

from pathlib import Path

from site_folder import SiteFolder

from kb_build.article import read_articles
from kb_build.most_wanted import read_most_wanted
from kb_build.settings import load_kb_settings

ROOT = Path(__file__).parents[1]


def test_without_the_file_there_are_none(site: SiteFolder) -> None:
    assert read_most_wanted(site.settings, {"KB-0019"}) == ((), [])


def test_the_order_of_the_file_is_kept(site: SiteFolder) -> None:
    site.write("docs/_data/most_wanted.yml", "articles: [KB-0023, KB-0019]\n")
    ids, problems = read_most_wanted(site.settings, {"KB-0019", "KB-0023"})
    assert (ids, problems) == (("KB-0023", "KB-0019"), [])


def test_the_home_page_of_this_repository_names_ten() -> None:
    settings = load_kb_settings(ROOT)
    ids, problems = read_most_wanted(settings, {a.id for a in read_articles(settings)[0]})
    assert problems == []
    assert len(ids) == 10
