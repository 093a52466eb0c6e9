"""The HTTP endpoint: routes to the searcher. No globals, nothing is loaded at import."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from search_index.api.failures import ApiError, install_handlers, internal_error
from search_index.api.limits import BodyLimit, SearchLane
from search_index.api.schemas import (
    ArticleBody,
    ArticleListResponse,
    ErrorResponse,
    ExcerptBody,
    HitBody,
    Lang,
    SearchRequest,
    SearchResponse,
    SecretBody,
    StatusResponse,
    SuggestionBody,
    SuggestRequest,
    SuggestResponse,
    UrgentBody,
)
from search_index.live import LiveSearcher
from search_index.records import ArticleRecord, Hit, SearchResult
from search_index.records import Query as SearchQuery
from search_index.searcher import Searcher
from search_index.settings import ServerSettings

_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse} for status in (400, 404, 413, 415, 422, 500, 503)
}


def create_app(
    live: LiveSearcher, settings: ServerSettings, *, site: Path | None = None
) -> FastAPI:
    """Return the application.

    Args:
        live: where the searcher of the moment comes from.
        settings: threads, queue and deadline.
        site: folder of the built site, served at ``/``; none when a web server does that.
    """
    lane = SearchLane(settings.search_threads, settings.queue_length, settings.deadline_ms / 1000)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        lane.close()

    app = FastAPI(
        title="Help centre search",
        version="1",
        description="Answers people's own words with help articles.",
        lifespan=lifespan,
        docs_url=None,  # both load scripts from a third party
        redoc_url=None,
        responses=_FAILURES,
    )
    install_handlers(app)
    app.add_middleware(BodyLimit)
    # Three quarters of a page's bytes, for somebody in trouble on a slow line.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)

    @app.middleware("http")
    async def headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            response = await call_next(request)
        except Exception as exc:
            response = internal_error(request, exc)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        if request.url.path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"
        return response

    def searcher() -> Searcher:
        found = live.searcher
        if found is None:
            raise ApiError(
                503,
                "NOT_READY",
                "The search index is not open yet.",
                "Try again in a few seconds.",
                headers={"Retry-After": "2"},
            )
        return found

    @app.post("/api/search", response_model=SearchResponse)
    async def search(body: SearchRequest) -> SearchResponse:
        """Find the articles that answer a question in people's own words."""
        started = time.perf_counter()
        current = searcher()
        query = SearchQuery(body.query, body.lang, body.limit, body.category)
        result = await lane.run(lambda: current.search(query))
        return _search_response(result, (time.perf_counter() - started) * 1000)

    @app.post("/api/suggest", response_model=SuggestResponse)
    async def suggest(body: SuggestRequest) -> SuggestResponse:
        """Complete what is being typed: words, pinyin or initials of titles and questions."""
        current = searcher()
        found = current.suggest(body.prefix, body.lang, body.limit)
        suggestions = []
        for suggestion in found:
            record = current.article(suggestion.article_id, suggestion.lang)
            if record is not None:
                suggestions.append(
                    SuggestionBody(
                        text=suggestion.text, article_id=record.article_id, url=record.url
                    )
                )
        return SuggestResponse(suggestions=suggestions)

    @app.get("/api/articles", response_model=ArticleListResponse)
    async def articles(
        lang: Annotated[Lang, Query(description="Language of titles and links.")] = "zh",
        category: Annotated[str | None, Query(max_length=64)] = None,
    ) -> ArticleListResponse:
        """List all articles."""
        current = searcher()
        records = [current.article(article_id, lang) for article_id in current.article_ids]
        return ArticleListResponse(
            snapshot=current.snapshot_id,
            articles=[
                _article_body(current, record)
                for record in records
                if record is not None and category in (None, record.category)
            ],
        )

    @app.get("/api/articles/{article_id}", response_model=ArticleBody)
    async def article(
        article_id: str,
        lang: Annotated[Lang, Query(description="Language of the answer.")] = "zh",
    ) -> ArticleBody:
        """Return the facts of one article."""
        current = searcher()
        record = current.article(article_id, lang)
        if record is None:
            raise ApiError(
                404,
                "ARTICLE_UNKNOWN",
                "There is no article with this number.",
                "See /api/articles for all of them.",
                field="article_id",
            )
        return _article_body(current, record)

    @app.get("/healthz", response_model=StatusResponse)
    async def healthz() -> StatusResponse:
        """Tell that the process is alive."""
        return StatusResponse(status="alive")

    @app.get("/readyz", response_model=StatusResponse)
    async def readyz() -> Response:
        """Tell whether a snapshot is open and its encoder warm."""
        current = searcher()
        return JSONResponse({"status": "ready", "snapshot": current.snapshot_id})

    if site is not None:
        app.mount("/", SiteFiles(directory=site, html=True, check_dir=False))
    return app


class SiteFiles(StaticFiles):
    """The built site; an unknown page gets the site's own 404 page in its language."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file of the site, its 404 page, or a failure for what lies below ``api/``."""
        if path.startswith("api/"):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        english = Path(str(self.directory), "en", "404.html")
        if response.status_code == 404 and path.startswith("en/") and english.is_file():
            response = FileResponse(english, status_code=404)
        # Pages are revalidated each time (they carry an ETag): a corrected step shows at once.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


def _search_response(result: SearchResult, took_ms: float) -> SearchResponse:
    return SearchResponse(
        query_id=uuid.uuid4().hex,
        snapshot=result.snapshot,
        lang=result.lang,
        answered=result.answered,
        confidence=round(result.confidence, 3),
        urgent=_urgent_body(result.urgent) if result.urgent else None,
        secret=SecretBody(kind=result.secret) if result.secret else None,
        hits=[_hit_body(hit) for hit in result.hits],
        took_ms=round(took_ms, 1),
    )


def _urgent_body(article: ArticleRecord) -> UrgentBody:
    return UrgentBody(
        article_id=article.article_id,
        title=article.title,
        url=article.url,
        actions=list(article.actions),
    )


def _hit_body(hit: Hit) -> HitBody:
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


def _article_body(searcher: Searcher, record: ArticleRecord) -> ArticleBody:
    return ArticleBody(
        article_id=record.article_id,
        lang=record.lang,
        languages=sorted(
            a.lang for a in searcher.parts.articles if a.article_id == record.article_id
        ),
        category=record.category,
        title=record.title,
        summary=record.summary,
        url=record.url,
        short_url=record.short_url,
        urgency=record.urgency,
        audience=record.audience,
        time=record.time,
        actions=list(record.actions),
        related=list(record.related),
        facts_checked=record.facts_checked,
    )
