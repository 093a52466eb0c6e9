"""Keeps the endpoint standing: body size and a bounded queue. Knows nothing of search."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search_index.api.failures import ApiError

MAX_BODY_BYTES = 64 * 1024

Answer = TypeVar("Answer")


class BodyLimit:
    """ASGI middleware that refuses bodies over `MAX_BODY_BYTES` and bodies that are not JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = _refusal(headers)
        body = b""
        while refusal is None:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                refusal = _too_large()
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


def _refusal(headers: dict[bytes, bytes]) -> ApiError | None:
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return _too_large()
    if headers.get(b"content-encoding", b"identity") != b"identity":
        return ApiError(
            415, "BODY_ENCODED", "Compressed bodies are not accepted.", "Send the body as it is."
        )
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        return ApiError(
            415,
            "BODY_NOT_JSON",
            "The body is not declared as JSON.",
            "Send the header 'Content-Type: application/json'.",
        )
    return None


def _too_large() -> ApiError:
    return ApiError(
        413, "BODY_TOO_LARGE", "The body is larger than 64 KB.", "Send the question alone."
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
