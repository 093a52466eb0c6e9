"""The HTTP endpoint: routes to the searcher. No globals, nothing is loaded at import."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from search_index.api.bodies import search_body
from search_index.api.content_policy import ANSWER_POLICY, FILE_POLICY, page_policy
from search_index.api.deflect_routes import deflect_routes
from search_index.api.event_routes import Session, event_of_search, event_routes, recorder
from search_index.api.failures import (
    ApiError,
    article_unknown,
    install_handlers,
    internal_error,
)
from search_index.api.limits import BodyLimit, SearchLane
from search_index.api.metrics import CONTENT_TYPE, Metrics
from search_index.api.rate_limits import RateLimits
from search_index.api.schemas import (
    ArticleBody,
    ArticleListResponse,
    ErrorResponse,
    Lang,
    SearchRequest,
    SearchResponse,
    StatusResponse,
    SuggestionBody,
    SuggestRequest,
    SuggestResponse,
)
from search_index.api.ticket_routes import open_desk, ticket_routes
from search_index.event_log import EventLog
from search_index.live import LiveSearcher
from search_index.notice import Notice, NoticeBoard
from search_index.records import ArticleRecord
from search_index.records import Query as SearchQuery
from search_index.searcher import Searcher
from search_index.settings import LimitSettings, ResponseTargets, ServerSettings
from search_index.ticket_service import TicketService

_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse} for status in (400, 404, 413, 415, 422, 429, 500, 503)
}

PathLike = str | os.PathLike[str]


def create_app(
    live: LiveSearcher,
    settings: ServerSettings,
    *,
    site: Path | None = None,
    targets: ResponseTargets | None = None,
    event_log: EventLog | None = None,
    notices: NoticeBoard | None = None,
    limits: LimitSettings | None = None,
    metrics: Metrics | None = None,
    tickets: TicketService | None = None,
) -> FastAPI:
    """Return the application.

    Args:
        live: where the searcher of the moment comes from.
        settings: threads, queue and deadline.
        site: folder of the built site, served at ``/``; none when a web server does that.
        targets: how soon support answers, for those who write to it.
        event_log: remembers what happened; nothing is remembered without one.
        notices: what all pages say at the top; nothing without one.
        limits: how often one client may ask; as often as it likes without them.
        metrics: figures that others watch too.
        tickets: takes tickets; there are no routes for them without it.
    """
    metrics = metrics or Metrics()
    record = recorder(event_log, metrics)
    lane = SearchLane(settings.search_threads, settings.queue_length, settings.deadline_ms / 1000)
    _watch(metrics, live, lane, event_log)

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
    if limits is not None:
        app.add_middleware(RateLimits, settings=limits)

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
        response.headers.setdefault("Content-Security-Policy", ANSWER_POLICY)
        if request.url.path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"
        metrics.count_request(request.scope, response.status_code)
        return response

    # The outermost: what comes after it sees the client's address, not the proxy's.
    app.add_middleware(
        ProxyHeadersMiddleware,
        trusted_hosts=list(settings.trusted_proxies),
    )

    def notice() -> Notice | None:
        return notices.current() if notices else None

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
    async def search(body: SearchRequest, session: Session) -> SearchResponse:
        """Find the articles that answer a question in people's own words."""
        started = time.perf_counter()
        current = searcher()
        query = SearchQuery(body.query, body.lang, body.limit, body.category)
        result = await lane.run(lambda: current.search(query))
        took_s = time.perf_counter() - started
        metrics.observe_search(took_s)
        response = search_body(result, notice(), took_s * 1000)
        record(
            event_of_search(
                result,
                body.query,
                query_id=response.query_id,
                took_ms=response.took_ms,
                session=session,
                source=body.source,
                where="search",
            )
        )
        return response

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

    app.include_router(deflect_routes(searcher, lane, targets or ResponseTargets(), record, notice))

    app.include_router(event_routes(searcher, record, notice))

    if tickets is not None:
        promised = targets or ResponseTargets()
        desk = open_desk(tickets, searcher, record, promised)
        app.include_router(ticket_routes(desk, promised.text))
        metrics.watch("wenlu_tickets", "Tickets by state.", tickets.counts, label="state")

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
            raise article_unknown()
        return _article_body(current, record)

    @app.get("/healthz", response_model=StatusResponse)
    async def healthz() -> StatusResponse:
        """Tell that the process is alive."""
        return StatusResponse(status="alive")

    @app.get("/readyz", response_model=StatusResponse)
    async def readyz() -> Response:
        """Tell whether a snapshot is open and its encoder warm."""
        current = searcher()
        return JSONResponse(
            {"status": "ready", "snapshot": current.snapshot_id, "events": _state_of(event_log)}
        )

    @app.get("/metrics", response_model=None, responses={200: {"content": {"text/plain": {}}}})
    def show_metrics() -> Response:
        """Return figures for Prometheus."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    if site is not None:
        app.mount("/", SiteFiles(directory=site, html=True, check_dir=False))
    return app


class SiteFiles(StaticFiles):
    """The built site; an unknown page gets the site's own 404 page in its language."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file of the site, its 404 page, or a failure for what lies below ``api/``."""
        if path.startswith("api/"):
            routes = scope["app"].routes
            takes = {m for r in routes if r.matches(scope)[0] is Match.PARTIAL for m in r.methods}
            if takes:  # routes for another method do not stop the site behind them from answering
                raise HTTPException(405, headers={"Allow": ", ".join(sorted(takes))})
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        if response.status_code == 404 and isinstance(response, FileResponse):
            english = Path(str(self.directory), "en", "404.html")
            if path.startswith("en/") and english.is_file():
                response = FileResponse(english, status_code=404)
            _set_policy(response, response.path)
        # Pages are revalidated each time (they carry an ETag): a corrected step shows at once.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    def file_response(self, full_path: PathLike, *args: Any, **kwargs: Any) -> Response:
        """Return a file, or that the browser has it already."""
        response = super().file_response(full_path, *args, **kwargs)
        _set_policy(response, full_path)
        return response


def _set_policy(response: Response, path: PathLike) -> None:
    is_page = str(path).endswith(".html")
    policy = page_policy(str(path), os.stat(path)) if is_page else FILE_POLICY
    response.headers["Content-Security-Policy"] = policy


def _state_of(event_log: EventLog | None) -> str:
    if event_log is None:
        return "off"
    return "stored" if event_log.available else "unavailable"


def _watch(metrics: Metrics, live: LiveSearcher, lane: SearchLane, log: EventLog | None) -> None:
    """Show what the parts of the endpoint know of themselves."""
    metrics.watch(
        "wenlu_snapshot_info",
        "The snapshot that answers.",
        lambda: {live.searcher.snapshot_id: 1} if live.searcher else {},
        label="snapshot",
    )
    metrics.watch("wenlu_search_queue_length", "Searches that wait.", lambda: lane.waiting)
    if log is not None:
        metrics.watch("wenlu_events_waiting", "Events not stored yet.", lambda: log.waiting)
        metrics.watch(
            "wenlu_events_dropped",
            "Events lost because the database was away for too long.",
            lambda: log.dropped,
            counts=True,
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
