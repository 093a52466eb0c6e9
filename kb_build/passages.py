"""`Article` to records and passages: what is indexed, with stable ids; knows no vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb_build.article import Article, Section
from kb_build.phrasings import Phrasings
from search_index.records import ArticleRecord, Kind, Passage

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
            review_by=article.review_by.isoformat(),
        )
        for article in sorted(articles, key=_order)
    ]


def split_articles(articles: Iterable[Article], phrasings: Phrasings) -> list[Passage]:
    """Return the passages of all articles, grouped by kind, sections last.

    Args:
        articles: in any order.
        phrasings: further phrasings by article id and language.
    """
    ordered = sorted(articles, key=_order)
    return [
        *map(_whole, ordered),
        *(p for article in ordered for p in _phrases(article, article.questions, "question")),
        *(
            p
            for article in ordered
            for p in _phrases(article, phrasings.get((article.id, article.lang), ()), "phrasing")
        ),
        *(p for article in ordered for p in _sections(article)),
    ]


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


def _whole(article: Article) -> Passage:
    stem = f"{article.id}/{article.lang}"
    return Passage(stem, article.id, article.lang, "article", "", article.title, body_text(article))


# Marks of a passage id: third question, third further phrasing.
_MARKS: dict[Kind, str] = {"question": "?", "phrasing": "~"}


def _phrases(article: Article, texts: Iterable[str], kind: Kind) -> list[Passage]:
    stem = f"{article.id}/{article.lang}{_MARKS[kind]}"
    return [
        Passage(f"{stem}{n}", article.id, article.lang, kind, "", article.title, text)
        for n, text in enumerate(texts, 1)
    ]


def _sections(article: Article) -> list[Passage]:
    stem = f"{article.id}/{article.lang}#"
    answer = Passage(stem, article.id, article.lang, "section", "", article.title, article.summary)
    return [
        answer,
        *(
            Passage(
                f"{stem}{s.anchor}",
                article.id,
                article.lang,
                "section",
                s.anchor,
                s.heading,
                s.text,
            )
            for s in _telling(article.sections)
            if s.anchor and s.text
        ),
    ]
