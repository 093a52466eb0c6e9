"""The routes by which pages tell what happened: events, votes, and the notice they show."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import RedirectResponse

from search_index.api.failures import ApiError, article_unknown
from search_index.api.limits import FORM_TYPE
from search_index.api.metrics import Metrics
from search_index.api.schemas import (
    ArticleRatedBody,
    ContactOpenedBody,
    EventBody,
    EventResponse,
    HitOpenedBody,
    NotFoundBody,
    NoticeResponse,
    NoticeTextsBody,
    SecretBlockedBody,
    SecretBody,
    SolvedBody,
    StillNeedHelpBody,
)
from search_index.event_log import EventLog
from search_index.events import (
    ArticleRated,
    ContactOpened,
    Event,
    HitOpened,
    NotFound,
    Searched,
    SearchSource,
    SecretBlocked,
    SecretPlace,
    Solved,
    StillNeedHelp,
)
from search_index.notice import Notice
from search_index.records import SearchResult
from search_index.searcher import Searcher
from search_index.secrets import find_secret

Record = Callable[[Event], None]
"""Takes an event; returns at once and never fails."""

THANKS_ANCHOR = "feedback-thanks"
LEAK_ANCHOR = "feedback-secret"

_SESSION = re.compile("[0-9a-f]{32}")


def _session_of(
    x_session: Annotated[
        str | None, Header(description="32 hex digits, made at random in one browser tab.")
    ] = None,
) -> str | None:
    """Return the session a browser tab made up; None if it is not of that form."""
    return x_session if x_session and _SESSION.fullmatch(x_session) else None


Session = Annotated[str | None, Depends(_session_of)]


def now_ms() -> int:
    """Return the time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def recorder(event_log: EventLog | None, metrics: Metrics) -> Record:
    """Return what takes events: the log, if there is one, and the count of secrets."""

    def record(event: Event) -> None:
        if isinstance(event, SecretBlocked):
            metrics.count_secret(event.kind, event.where)
        if event_log is not None:
            event_log.append(event)

    return record


def event_of_search(
    result: SearchResult,
    text: str,
    *,
    query_id: str,
    took_ms: float,
    session: str | None,
    source: SearchSource,
    where: SecretPlace,
) -> Searched | SecretBlocked:
    """Return what is to be remembered of a search for ``text``: of a secret only its kind."""
    if result.secret is not None:
        return SecretBlocked(at_ms=now_ms(), session=session, kind=result.secret, where=where)
    return Searched(
        at_ms=now_ms(),
        session=session,
        query_id=query_id,
        snapshot=result.snapshot,
        lang="en" if result.lang == "en" else "zh",
        query=text,
        answered=result.answered,
        confidence=round(result.confidence, 3),
        hit_ids=tuple(hit.article.article_id for hit in result.hits),
        urgent_id=result.urgent.article_id if result.urgent else None,
        took_ms=round(took_ms, 1),
        source=source,
    )


def event_routes(
    searcher: Callable[[], Searcher], record: Record, notice: Callable[[], Notice | None]
) -> APIRouter:
    """Return the routes.

    Args:
        searcher: gives the searcher of the moment, or raises that there is none.
        record: takes the events.
        notice: gives the notice of the moment.
    """
    routes = APIRouter()

    def rate(body: ArticleRatedBody, session: str | None) -> SecretBlocked | None:
        """Record a vote; of one whose comment holds a secret only its kind, which is returned."""
        secret = find_secret(body.comment) if body.comment else None
        if secret is not None:
            blocked = SecretBlocked(
                at_ms=now_ms(), session=session, kind=secret.kind, where="feedback"
            )
            record(blocked)
            return blocked
        record(_event_of(body, session))
        return None

    @routes.post("/api/events", status_code=202, response_model=EventResponse)
    async def events(body: EventBody, session: Session) -> EventResponse:
        """Take note of what somebody did on a page."""
        article_id = getattr(body, "article_id", None)
        if article_id is not None:
            _check_article(searcher(), article_id)
        if isinstance(body, ArticleRatedBody):
            blocked = rate(body, session)
            if blocked is not None:
                return EventResponse(accepted=False, secret=SecretBody(kind=blocked.kind))
        else:
            record(_event_of(body, session))
        return EventResponse(accepted=True)

    @routes.post(
        "/api/feedback",
        status_code=303,
        response_model=None,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {FORM_TYPE: {"schema": _FORM_SCHEMA}},
            }
        },
    )
    async def feedback(request: Request) -> Response:
        """Take the vote on an article from a page without JavaScript."""
        body = _vote_of(await request.body())
        current = searcher()
        _check_article(current, body.article_id)
        article = current.article(body.article_id, body.lang)
        assert article is not None
        blocked = rate(body, None)
        anchor = LEAK_ANCHOR if blocked else THANKS_ANCHOR
        return RedirectResponse(f"{article.url}#{anchor}", status_code=303)

    @routes.get("/api/notice", response_model=NoticeResponse)
    async def show_notice() -> NoticeResponse:
        """Return what every page says at the top just now."""
        shown = notice()
        return NoticeResponse(notice=NoticeTextsBody(**asdict(shown)) if shown else None)

    return routes


_FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["article_id", "lang", "helpful"],
    "properties": {
        "article_id": {"type": "string"},
        "lang": {"enum": ["zh", "en"]},
        "helpful": {"enum": ["yes", "no"]},
        "reason": {"type": "string"},
        "comment": {"type": "string", "maxLength": 1000},
    },
}


def _vote_of(form: bytes) -> ArticleRatedBody:
    """Return the vote in a form's body; fields it does not know are passed over."""
    try:
        fields = parse_qs(form.decode("utf-8"), errors="strict", max_num_fields=20)
        given = {name: values[0] for name, values in fields.items() if name in _FORM_FIELDS}
        helpful = {"yes": True, "no": False}[given.pop("helpful", "")]
        return ArticleRatedBody.model_validate(
            given | {"type": "article_rated", "helpful": helpful}
        )
    except (ValueError, KeyError):  # ValidationError is a ValueError
        raise ApiError(
            422,
            "FORM_INVALID",
            "The vote cannot be used.",
            "Go back to the article, choose one of the answers and send it again.",
        ) from None


_FORM_FIELDS = frozenset(_FORM_SCHEMA["properties"])


def _check_article(searcher: Searcher, article_id: str) -> None:
    if searcher.article(article_id, "zh") is None:
        raise article_unknown()


def _event_of(body: EventBody, session: str | None) -> Event:
    common: dict[str, Any] = {"at_ms": now_ms(), "session": session}
    given = body.model_dump(exclude={"type"}) | common
    match body:
        case HitOpenedBody():
            return HitOpened(**given)
        case NotFoundBody():
            return NotFound(**given)
        case ArticleRatedBody():
            return ArticleRated(**given)
        case ContactOpenedBody():
            return ContactOpened(**given)
        case SolvedBody():
            return Solved(**given)
        case StillNeedHelpBody():
            return StillNeedHelp(**given)
        case SecretBlockedBody():
            return SecretBlocked(**given, where="browser")
