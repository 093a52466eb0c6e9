"""Ticket systems to deliver to, real ones on 127.0.0.1 that can misbehave; and tickets for them."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from search_index.connectors.destination import Rules, Sender
from search_index.connectors.webhook import WebhookConnector
from search_index.tickets import Submission, Ticket, hash_key, ticket_number

SECRET = "a secret of 32 characters, or so"
LOCAL = Rules(allow_insecure_loopback=True)


def make_ticket(key: str = "key-00000001", **values: Any) -> Ticket:
    """Return an ordinary ticket."""
    ordinary: dict[str, Any] = {
        "ticket_id": ticket_number(hash_key(key)),
        "created_at_ms": 1_795_000_000_000,
        "response_class": "technical",
        "lang": "zh",
        "subject": "",
        "body": "昨天提币，到现在没到账。",
        "email": "user@example.org",
        "fields": {"network": "TRC20"},
    }
    return Ticket(**{**ordinary, **values})


def make_submission(
    key: str = "key-00000001", fingerprint: str = "f" * 64, **values: Any
) -> Submission:
    """Return a ticket on its way in."""
    ticket = make_ticket(key, **values)
    return Submission(ticket, hash_key(key), fingerprint, "1个工作日内", ("接收", "跟进"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: a request that broke off is what these tests are about."""


class Receiver:
    """An HTTP server on a port of its own.

    Attributes:
        behave: number of the request (0-based) to what happens: ``ok``, a status such as ``503``,
            ``429`` (with Retry-After: 7), ``hang``, ``reset``, ``lie`` (200 and a login page),
            ``redirect``, ``lost`` (takes the ticket, then resets) or ``flood``.
        requests: method, path, headers and body of all, in order.
        taken: ticket number to body, in the order in which they were first taken.
        answers: routes of a test: returns status and JSON for a request, or None.
    """

    def __init__(self, port: int = 0) -> None:
        self.behave: Callable[[int], str] = lambda number: "ok"
        self.answers: Callable[[str, str, bytes], tuple[int, Any] | None] = lambda *_: None
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.taken: dict[str, bytes] = {}
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self._handler())
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop listening; hanging requests end."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._lock:
                    number = len(receiver.requests)
                    receiver.requests.append((self.command, self.path, headers, body))
                self._answer(receiver.behave(number), headers, body)

            do_GET = do_POST

            def _answer(self, how: str, headers: dict[str, str], body: bytes) -> None:
                if how in ("ok", "lost"):
                    found = receiver.answers(self.command, self.path, body)
                    if found is None:
                        found = receiver._take(headers, body)
                    if how == "lost":
                        self._reset()
                    else:
                        self._send(found[0], json.dumps(found[1]).encode())
                elif how == "hang":
                    receiver.released.wait(10)
                    self._reset()
                elif how == "reset":
                    self._reset()
                elif how == "lie":
                    self._send(200, b"<!doctype html><title>Log in</title>", "text/html")
                elif how == "flood":
                    self._send(200, b'{"id": "' + b"x" * 200_000 + b'"}')
                elif how == "redirect":
                    self._send(307, b"", location=f"{receiver.url}/elsewhere")
                else:
                    self._send(int(how), b'{"id": "no"}')

            def _send(
                self, status: int, content: bytes, kind: str = "application/json", **more: str
            ) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                if status == 429:
                    self.send_header("Retry-After", "7")
                for name, value in more.items():
                    self.send_header(name.title(), value)
                self.end_headers()
                self.wfile.write(content)

            def _reset(self) -> None:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()

            def finish(self) -> None:
                with suppress(OSError):  # the other side has gone, or we have
                    super().finish()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _take(self, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Take a ticket as a good receiver does: once for each key."""
        key = headers.get("idempotency-key", "")
        with self._lock:
            self.taken.setdefault(key, body)
            place = list(self.taken).index(key)
        return 201, {"id": f"remote-{place}", "ticket_id": key}


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()


def webhook_to(
    receiver: Receiver, *, timeout_s: float = 5.0, expects_echo: bool = False
) -> WebhookConnector:
    """Return a connector to a receiver."""
    sender = Sender(LOCAL, timeout_s)
    return WebhookConnector(sender, f"{receiver.url}/hook", SECRET, expects_echo=expects_echo)
