"""Records to the bodies of answers; knows no route."""

from __future__ import annotations

import uuid

from search_index.api.schemas import (
    ExcerptBody,
    HitBody,
    NoticeBody,
    SearchResponse,
    SecretBody,
    UrgentBody,
)
from search_index.notice import Notice
from search_index.records import ArticleRecord, Hit, SearchResult


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


def search_body(result: SearchResult, notice: Notice | None, took_ms: float) -> SearchResponse:
    """Return the answer to a query as it is sent, under a new id."""
    return SearchResponse(
        query_id=uuid.uuid4().hex,
        snapshot=result.snapshot,
        lang=result.lang,
        answered=result.answered,
        confidence=round(result.confidence, 3),
        urgent=urgent_body(result.urgent) if result.urgent else None,
        secret=SecretBody(kind=result.secret) if result.secret else None,
        hits=[hit_body(hit) for hit in result.hits],
        notice=notice_body(notice, result.lang),
        took_ms=round(took_ms, 1),
    )
