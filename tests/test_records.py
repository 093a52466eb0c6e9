"""Records as JSON."""

from __future__ import annotations

from read_fixtures import make_articles

from search_index.records import ArticleRecord


def test_an_article_is_the_same_after_json() -> None:
    for article in make_articles():
        assert ArticleRecord.from_json(article.to_json()) == article
