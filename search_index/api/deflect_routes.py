"""The route that answers a message to support with articles before it becomes a ticket."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from fastapi import APIRouter

from search_index.api.bodies import hit_body, notice_body, urgent_body
from search_index.api.event_routes import Record, Session, event_of_search, now_ms
from search_index.api.limits import SearchLane
from search_index.api.schemas import (
    ChecklistItemBody,
    DeflectRequest,
    DeflectResponse,
    SecretBody,
)
from search_index.deflection import checklist, classify, describe, emergency
from search_index.events import DeflectShown
from search_index.notice import Notice
from search_index.records import Query, SearchResult
from search_index.searcher import Searcher
from search_index.secrets import find_secret
from search_index.settings import ResponseTargets

_HITS = 4
"""More would be a list to read, and somebody in trouble reads none."""


def deflect_routes(
    searcher: Callable[[], Searcher],
    lane: SearchLane,
    targets: ResponseTargets,
    record: Record,
    notice: Callable[[], Notice | None],
) -> APIRouter:
    """Return the route.

    Args:
        searcher: gives the searcher of the moment, or raises that there is none.
        lane: where searches wait for their turn.
        targets: how soon support answers.
        record: takes the events.
        notice: gives the notice of the moment.
    """
    routes = APIRouter()

    @routes.post("/api/deflect", response_model=DeflectResponse)
    async def deflect(body: DeflectRequest, session: Session) -> DeflectResponse:
        """Sort a message to support, and offer articles that may answer it."""
        started = time.perf_counter()
        current = searcher()
        result = await lane.run(lambda: _search(current, body))
        response = _response(result, body, targets, notice())
        record(
            event_of_search(
                result,
                _text_of(body),
                query_id=response.query_id,
                took_ms=(time.perf_counter() - started) * 1000,
                session=session,
                source="deflect",
                where="deflect",
            )
        )
        if response.response_class is not None:
            record(
                DeflectShown(
                    at_ms=now_ms(),
                    session=session,
                    query_id=response.query_id,
                    response_class=response.response_class,
                    hit_ids=tuple(hit.article_id for hit in response.hits),
                    lang="en" if result.lang == "en" else "zh",
                )
            )
        return response

    return routes


def _text_of(body: DeflectRequest) -> str:
    return "\n".join(filter(None, (body.subject, body.body)))


def _search(searcher: Searcher, body: DeflectRequest) -> SearchResult:
    """Search for the message; the subject is looked at alone, too, since a long body hides it."""
    secret = find_secret(body.subject) if body.subject else None
    if secret is not None:
        return SearchResult(searcher.snapshot_id, body.lang or "zh", False, 0.0, secret=secret.kind)
    return searcher.search(Query(_text_of(body), body.lang, _HITS))


def _response(
    result: SearchResult, body: DeflectRequest, targets: ResponseTargets, notice: Notice | None
) -> DeflectResponse:
    query_id = uuid.uuid4().hex
    if result.secret is not None:
        return DeflectResponse(
            query_id=query_id,
            snapshot=result.snapshot,
            lang=result.lang,
            response_class=None,
            response_target="",
            answered=False,
            urgent=None,
            secret=SecretBody(kind=result.secret),
            hits=[],
            checklist=[],
            notice=notice_body(notice, result.lang),
        )
    response_class = classify(result, _text_of(body))
    article = emergency(result)
    about = article or (result.hits[0].article if result.answered and result.hits else None)
    return DeflectResponse(
        query_id=query_id,
        snapshot=result.snapshot,
        lang=result.lang,
        response_class=response_class,
        response_target=targets.text(response_class, result.lang),
        answered=result.answered,
        urgent=urgent_body(article) if article else None,
        secret=None,
        hits=[hit_body(hit) for hit in result.hits],
        checklist=[
            ChecklistItemBody(id=item, text=describe(item, result.lang))
            for item in checklist(response_class, about)
        ],
        notice=notice_body(notice, result.lang),
    )
