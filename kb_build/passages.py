"""`Article` to records and passages: what is indexed, with stable ids; knows no vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb_build.article import Article, Section
from search_index.records import ArticleRecord, Passage

_ACTIONS_SHOWN = 3
# Sections that say the same in every article: they would match every query a little.
_BOILERPLATE_ANCHORS = ("safety",)


def article_records(articles: Iterable[Article], base_path: str) -> list[ArticleRecord]:
    """Return what the read side shows of each article, ordered by id and language.

    Args:
        base_path: path of the site on its host, with both slashes: ``/`` or ``/help/``.
    """
    prefix = base_path.rstrip("/")
    return [
        ArticleRecord(
            article_id=article.id,
            lang=article.lang,
            category=article.category,
            title=article.title,
            summary=article.summary,
            url=prefix + article.url,
            short_url=prefix + article.short_url,
            urgency=article.urgency,
            audience=article.audience,
            time=article.time,
            questions=article.questions,
            related=article.related,
            actions=_actions(article),
            facts_checked=article.facts_checked.isoformat(),
        )
        for article in sorted(articles, key=_order)
    ]


def split_articles(articles: Iterable[Article]) -> list[Passage]:
    """Return the passages of all articles: whole article, questions, then sections."""
    return [passage for article in sorted(articles, key=_order) for passage in _passages(article)]


def body_text(article: Article) -> str:
    """Return the article's own words: title, summary and sections, without what all share."""
    parts = [article.title, article.summary]
    parts += [f"{s.heading}\n{s.text}" for s in _telling(article.sections)]
    return "\n".join(parts)


def _order(article: Article) -> tuple[str, str]:
    return article.id, article.lang


def _telling(sections: Sequence[Section]) -> list[Section]:
    return [s for s in sections if s.anchor not in _BOILERPLATE_ANCHORS]


def _actions(article: Article) -> tuple[str, ...]:
    for section in article.sections:
        if section.anchor == "do-now":
            return tuple(section.text.split("\n")[:_ACTIONS_SHOWN])
    return ()


def _passages(article: Article) -> list[Passage]:
    stem = f"{article.id}/{article.lang}"
    common = (article.id, article.lang)
    passages = [Passage(stem, *common, "article", "", article.title, body_text(article))]
    passages += [
        Passage(f"{stem}?{number}", *common, "question", "", article.title, question)
        for number, question in enumerate(article.questions, 1)
    ]
    passages.append(Passage(f"{stem}#", *common, "section", "", article.title, article.summary))
    passages += [
        Passage(
            f"{stem}#{section.anchor}",
            *common,
            "section",
            section.anchor,
            section.heading,
            section.text,
        )
        for section in _telling(article.sections)
        if section.anchor and section.text
    ]
    return passages
