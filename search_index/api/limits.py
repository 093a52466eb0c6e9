"""Keeps the endpoint standing: body size and a bounded queue. Knows nothing of search."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search_index.api.failures import ApiError

MAX_BODY_BYTES = 64 * 1024
FORM_PATHS = frozenset({"/api/feedback", "/api/tickets/form"})
"""Routes that a page posts to by itself, without JavaScript."""

MAX_FORM_BYTES = 128 * 1024
"""A form writes nine bytes for a Han character; 8,000 of them are 72 KB."""
FORM_TYPE = "application/x-www-form-urlencoded"

Answer = TypeVar("Answer")


class BodyLimit:
    """ASGI middleware that refuses bodies over `MAX_BODY_BYTES` and of another type than expected.

    That is JSON, or a form on `FORM_PATHS`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_form = scope["path"] in FORM_PATHS
        most_bytes = MAX_FORM_BYTES if is_form else MAX_BODY_BYTES
        refusal = _refusal(headers, is_form=is_form, most_bytes=most_bytes)
        body = b""
        while refusal is None:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > most_bytes:
                refusal = _too_large(most_bytes)
            elif not message.get("more_body"):
                break
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return

        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


def _refusal(headers: dict[bytes, bytes], *, is_form: bool, most_bytes: int) -> ApiError | None:
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most_bytes:
        return _too_large(most_bytes)
    if headers.get(b"content-encoding", b"identity") != b"identity":
        return ApiError(
            415, "BODY_ENCODED", "Compressed bodies are not accepted.", "Send the body as it is."
        )
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if is_form:
        return _refusal_of_form(headers, kind)
    if kind != b"application/json":
        return ApiError(
            415,
            "BODY_NOT_JSON",
            "The body is not declared as JSON.",
            "Send the header 'Content-Type: application/json'.",
        )
    return None


def _refusal_of_form(headers: dict[bytes, bytes], kind: bytes) -> ApiError | None:
    if kind != FORM_TYPE.encode():
        return ApiError(
            415,
            "BODY_NOT_FORM",
            "The body is not declared as a form.",
            f"Send the header 'Content-Type: {FORM_TYPE}', or JSON to the route for JSON.",
        )
    # JSON from another site would need a permission that nobody gets; a form needs none.
    if headers.get(b"sec-fetch-site") == b"cross-site":
        return ApiError(
            403,
            "CROSS_SITE",
            "The form was sent from another site.",
            "Open the page on this site and send it from there.",
        )
    return None


def _too_large(most_bytes: int) -> ApiError:
    return ApiError(
        413,
        "BODY_TOO_LARGE",
        f"The body is larger than {most_bytes // 1024} KB.",
        "Send the question alone.",
    )


class SearchLane:
    """Runs searches in a few threads with a bounded queue and a deadline.

    With no bound, an overload makes every answer late; with a queue of 8 a worker and half a
    second the endpoint answers at its capacity (findings/reliability.md).

    Args:
        threads: searches at the same time.
        queue_length: searches that may wait.
        deadline_s: longest wait before a search starts.
    """

    def __init__(self, threads: int, queue_length: int, deadline_s: float) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="search")
        self._slots = asyncio.Semaphore(threads)
        self._queue_length = queue_length
        self._deadline_s = deadline_s
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Searches that wait for a thread."""
        return self._waiting

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Run ``work`` in a thread.

        Raises:
            ApiError: 503 with Retry-After when the queue is full or the wait too long.
        """
        if self._waiting >= self._queue_length:
            raise _busy()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._slots.acquire(), self._deadline_s)
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._slots.release()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _busy() -> ApiError:
    return ApiError(
        503,
        "BUSY",
        "Too many searches at the same time.",
        "Try again in a second.",
        headers={"Retry-After": "1"},
    )
