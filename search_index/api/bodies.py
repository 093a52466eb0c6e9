"""Records to the bodies of answers that several routes give; knows no route."""

from __future__ import annotations

from search_index.api.schemas import ExcerptBody, HitBody, NoticeBody, UrgentBody
from search_index.notice import Notice
from search_index.records import ArticleRecord, Hit


def hit_body(hit: Hit) -> HitBody:
    """Return a hit as it is sent."""
    article = hit.article
    return HitBody(
        rank=hit.rank,
        score=round(hit.score, 4),
        article_id=article.article_id,
        lang=article.lang,
        title=article.title,
        summary=article.summary,
        url=article.url,
        short_url=article.short_url,
        anchor=hit.anchor,
        category=article.category,
        urgency=article.urgency,
        excerpt=ExcerptBody(text=hit.excerpt.text, marks=list(hit.excerpt.marks)),
    )


def urgent_body(article: ArticleRecord) -> UrgentBody:
    """Return the emergency article as it is sent."""
    return UrgentBody(
        article_id=article.article_id,
        title=article.title,
        url=article.url,
        actions=list(article.actions),
    )


def notice_body(notice: Notice | None, lang: str) -> NoticeBody | None:
    """Return the notice in a language as it is sent."""
    return NoticeBody(text=notice.text(lang), level=notice.level) if notice else None
