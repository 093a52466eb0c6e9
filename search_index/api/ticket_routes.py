"""The routes that take tickets: JSON for programs and the page's script, a form without one.

A ticket is on disk before the answer goes out. Tickets are taken in threads of their own, apart
from searches and pages: neither waits for the other, whatever the database does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Semaphore
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from pydantic import ConfigDict as Config

from search_index.api import ticket_pages
from search_index.api.failures import ApiError
from search_index.deflection import classify
from search_index.events import Event, Lang, ResponseClass, SecretBlocked, TicketSubmitted
from search_index.intake import IntakeError
from search_index.outbox import now_ms
from search_index.records import Query as SearchQuery
from search_index.searcher import Searcher
from search_index.settings import ResponseTargets
from search_index.ticket_desk import (
    BODY_LENGTH,
    FIELD_LENGTH,
    SUBJECT_LENGTH,
    Draft,
    FieldsError,
    SecretFoundError,
    TicketDesk,
    next_steps,
)
from search_index.ticket_fields import FIELDS
from search_index.ticket_service import TicketService
from search_index.tickets import ALPHABET, NUMBER_LENGTH, KeyReusedError, Receipt, Ticket

_KEY = re.compile("[!-~]{8,128}")
_HEX = "^[0-9a-f]{32}$"
_HALF = f"[{ALPHABET}]{{{NUMBER_LENGTH // 2}}}"
_NUMBER = f"^T-{_HALF}-{_HALF}$"
_SEARCHES = 2
"""At the same time, to class tickets; they wait for a turn and are never refused one."""

_THREADS = 8
"""Tickets taken at the same time; fewer than the database has connections."""

_RECEIPT = "/api/tickets/receipt"

_KINDS = {
    "recovery_phrase": "a recovery phrase",
    "private_key": "a private key",
    "extended_key": "an extended private key",
    "keystore": "a keystore file",
    "totp_secret": "an authenticator key",
}


class Part(BaseModel):
    """Base of the body's parts: an unknown field is an error, nothing is converted silently."""

    model_config = Config(extra="forbid", strict=True)


class TicketContact(Part):
    """How to reply: one of both."""

    email: str | None = Field(None, max_length=254)
    uid: str | None = Field(None, max_length=FIELD_LENGTH, description="reply in the app")


class TicketFields(Part):
    """Facts, as far as they are known."""

    uid: str | None = Field(None, max_length=FIELD_LENGTH)
    txid: str | None = Field(None, max_length=FIELD_LENGTH, description="or an explorer's link")
    network: str | None = Field(None, max_length=FIELD_LENGTH)
    happened_at: str | None = Field(None, max_length=FIELD_LENGTH, description="2026-11-21T14:30")
    time_zone: str | None = Field(None, max_length=FIELD_LENGTH, description="of happened_at")
    order_number: str | None = Field(None, max_length=FIELD_LENGTH)
    wallet_address: str | None = Field(None, max_length=FIELD_LENGTH)


class TicketRequest(Part):
    """Body of ``POST /api/tickets``."""

    subject: str | None = Field(None, max_length=SUBJECT_LENGTH)
    body: str = Field(max_length=BODY_LENGTH, description="What happened, in one's own words.")
    lang: Lang | None = Field(None, description="Language of the answer; detected if missing.")
    contact: TicketContact = Field(default_factory=lambda: TicketContact.model_validate({}))
    fields: TicketFields = Field(default_factory=lambda: TicketFields.model_validate({}))
    query_id: str | None = Field(None, pattern=_HEX, description="of the search before")
    session: str | None = Field(None, pattern=_HEX, description="random id of a browser tab")


class TicketResponse(BaseModel):
    """Answer of ``POST /api/tickets``."""

    ticket_id: str
    response_class: ResponseClass = Field(serialization_alias="class")
    response_target: str = Field(description="for the first response; empty if not promised")
    next_steps: list[str]


def open_desk(
    service: TicketService,
    searcher: Callable[[], Searcher],
    record: Callable[[Event], None],
    targets: ResponseTargets,
) -> TicketDesk:
    """Return the desk of an endpoint: it searches to class a ticket, and wakes the outbox.

    Args:
        service: keeps and delivers.
        searcher: gives the searcher of the moment, or raises that there is none.
        record: takes events; never fails.
        targets: how soon support answers.
    """

    turns = Semaphore(_SEARCHES)

    def classify_text(text: str, lang: Lang) -> ResponseClass:
        current = searcher()
        with turns:
            return classify(current.search(SearchQuery(text, lang)), text)

    def on_secret(kind: str, session: str | None) -> None:
        record(SecretBlocked(at_ms=now_ms(), session=session, kind=kind, where="ticket"))

    def on_ticket(ticket: Ticket) -> None:
        service.outbox.wake()
        record(
            TicketSubmitted(
                at_ms=ticket.created_at_ms,
                session=ticket.session,
                ticket_id=ticket.ticket_id,
                response_class=ticket.response_class,
                query_id=ticket.query_id,
                lang=ticket.lang,
            )
        )

    return TicketDesk(
        service.intake,
        classify=classify_text,
        target=targets.text,
        on_secret=on_secret,
        on_ticket=on_ticket,
        uid_rule=service.uid_rule,
    )


async def _form(request: Request) -> dict[str, str]:
    """Return the entries of a form; of several of one name the last."""
    body = (await request.body()).decode("utf-8", errors="replace")
    return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=50))


def ticket_routes(desk: TicketDesk, target: Callable[[ResponseClass, Lang], str]) -> APIRouter:
    """Return the routes.

    Args:
        desk: takes the tickets.
        target: class and language to the response target.
    """
    routes = APIRouter()
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ticket")

    async def taken(draft: Draft, key: str) -> Receipt:
        work = partial(desk.take, draft, key)
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    @routes.post(
        "/api/tickets",
        status_code=201,
        response_model=TicketResponse,
        responses={200: {"model": TicketResponse, "description": "The same, given before."}},
    )
    async def take(
        body: TicketRequest,
        response: Response,
        idempotency_key: Annotated[
            str | None,
            Header(description="8 to 128 visible ASCII characters, new for each ticket."),
        ] = None,
    ) -> TicketResponse:
        """Take a ticket; it is on disk when the answer comes, and a repetition makes no second."""
        if idempotency_key is None or not _KEY.fullmatch(idempotency_key):
            raise ApiError(
                422,
                "IDEMPOTENCY_KEY_MISSING",
                "The header Idempotency-Key is missing or not 8 to 128 visible ASCII characters.",
                "Send a new random key with each ticket, and the same key when you repeat one.",
                field="Idempotency-Key",
            )
        with _failures():
            receipt = await taken(_draft_of(body), idempotency_key)
        if not receipt.is_new:
            response.status_code = 200
        return TicketResponse(
            ticket_id=receipt.ticket_id,
            response_class=receipt.response_class,
            response_target=receipt.response_target,
            next_steps=list(receipt.next_steps),
        )

    @routes.post("/api/tickets/form", include_in_schema=False)
    async def take_form(entries: Annotated[dict[str, str], Depends(_form)]) -> Response:
        """Take a ticket from a page without script; the answer is a page."""
        lang: Lang = "en" if entries.get("lang") == "en" else "zh"
        values = {name: entries.get(name, "") for name in ticket_pages.FORM_NAMES}
        values["query_id"] = entries.get("query_id", "")
        given = entries.get("idempotency_key", "")
        key = given if _KEY.fullmatch(given) else _key_of_today(values)

        def again(kind: str, problems: Any = (), *, key: str, status: int) -> Response:
            page = ticket_pages.form_page(kind, values, problems, key, lang)
            return HTMLResponse(page, status, ticket_pages.HEADERS)

        try:
            receipt = await taken(_draft_of_form(values, lang), key)
        except SecretFoundError:
            return HTMLResponse(ticket_pages.secret_page(lang), 422, ticket_pages.HEADERS)
        except FieldsError as error:
            return again("mend", error.problems, key=key, status=422)
        except KeyReusedError:
            return again("reused", key=uuid.uuid4().hex, status=422)
        except IntakeError:
            return again("away", key=key, status=503)
        address = {"ticket": receipt.ticket_id, "class": receipt.response_class, "lang": lang}
        return RedirectResponse(f"receipt?{urlencode(address)}", 303, ticket_pages.HEADERS)

    @routes.get(_RECEIPT, include_in_schema=False)
    def receipt(
        ticket: Annotated[str, Query(pattern=_NUMBER)],
        response_class: Annotated[
            Literal["general", "technical", "urgent"], Query(alias="class")
        ] = "technical",
        lang: Lang = "zh",
    ) -> Response:
        """Show number, target time and what happens next; all of it stands in the address."""
        page = ticket_pages.receipt_page(
            ticket, response_class, target(response_class, lang), next_steps(lang), lang
        )
        return HTMLResponse(page, headers=ticket_pages.HEADERS)

    return routes


@contextmanager
def _failures() -> Iterator[None]:
    """Raise what goes wrong in the one shape."""
    try:
        yield
    except SecretFoundError as error:
        raise ApiError(
            422,
            "SECRET_FOUND",
            f"The ticket holds what looks like {_KINDS.get(error.kind, 'a secret')}; "
            "nothing was stored.",
            "Treat it as leaked and move the assets to a new wallet now: see /a/KB-0094/. "
            "Then write again without it.",
            field=error.field,
        ) from None
    except FieldsError as error:
        first = error.problems[0]
        code = "FIELD_MISSING" if first.field in ("body", "contact") else "FIELD_INVALID"
        raise ApiError(422, code, first.message, first.remedy, field=first.field) from None
    except KeyReusedError:
        raise ApiError(
            422,
            "IDEMPOTENCY_KEY_REUSED",
            "The Idempotency-Key was used for another ticket.",
            "Send a new key with a new ticket; repeat a ticket exactly as it was.",
            field="Idempotency-Key",
        ) from None
    except IntakeError:
        raise ApiError(
            503,
            "TICKETS_UNAVAILABLE",
            "Tickets cannot be taken at the moment; nothing was stored.",
            "Try again in a minute with the same key, or use another channel: see /contact/.",
            headers={"Retry-After": "60"},
        ) from None


def _draft_of(body: TicketRequest) -> Draft:
    facts = {name: getattr(body.fields, name) or "" for name in FIELDS}
    return Draft(
        body=body.body,
        subject=body.subject or "",
        lang=body.lang,
        email=body.contact.email or "",
        reply_uid=body.contact.uid or "",
        fields={name: value for name, value in facts.items() if value},
        query_id=body.query_id,
        session=body.session,
    )


def _draft_of_form(values: dict[str, str], lang: Lang) -> Draft:
    query_id = values["query_id"]
    facts = {name: values[name][:FIELD_LENGTH] for name in FIELDS}
    if not facts["happened_at"].strip():
        facts["time_zone"] = ""  # alone it says nothing
    return Draft(
        body=values["body"][:BODY_LENGTH],
        subject=values["subject"][:SUBJECT_LENGTH],
        lang=lang,
        email=values["email"][:FIELD_LENGTH],
        fields={name: value for name, value in facts.items() if value},
        query_id=query_id if re.fullmatch(_HEX, query_id) else None,
    )


def _key_of_today(values: dict[str, str]) -> str:
    """Return a key for a form of a page that could make none: the same entries, the same day.

    A second click is the same ticket; the same words on another day are another one.
    """
    day = time.strftime("%Y-%m-%d", time.gmtime())
    content = json.dumps([day, values], sort_keys=True)
    return "form-" + hashlib.sha256(content.encode()).hexdigest()
