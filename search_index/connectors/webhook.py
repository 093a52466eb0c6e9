"""Delivers tickets to any address of the operator by signed HTTP requests.

Success is not a status alone: a login page answers 200 as well. The receiver confirms with a JSON
object that holds its ``id`` for the ticket. README.md says how a receiver checks the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from search_index.connectors import Retry
from search_index.connectors.destination import Reply, Sender, raise_for_status
from search_index.tickets import Ticket

TOLERANCE_S = 300


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature ``v1=…``: HMAC-SHA256 over ``timestamp.body``."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def is_genuine(
    secret: str, timestamp: str, body: bytes, signature: str, *, now_s: float | None = None
) -> bool:
    """Return whether a request is ours and not an old one sent again; for receivers.

    Args:
        timestamp: header ``X-Wenlu-Timestamp``, seconds since 1970.
        body: as it came, before any decoding.
        signature: header ``X-Wenlu-Signature``; several may stand there, separated by commas.
    """
    now_s = time.time() if now_s is None else now_s
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        return False
    if abs(now_s - int(timestamp)) > TOLERANCE_S:
        return False
    expected = sign(secret, timestamp, body).encode()
    offered = [part.strip().encode() for part in signature.split(",")]
    return any(hmac.compare_digest(expected, part) for part in offered)


class WebhookConnector:
    """Posts tickets as JSON.

    Args:
        expects_echo: the confirmation must also hold our ``ticket_id``.
    """

    def __init__(self, sender: Sender, url: str, secret: str, *, expects_echo: bool) -> None:
        self._sender = sender
        self._url = url
        self._secret = secret
        self._expects_echo = expects_echo

    def deliver(self, ticket: Ticket) -> str:
        """See `Connector`; ``Idempotency-Key`` is the ticket's number."""
        body = json.dumps(ticket.to_delivery(), ensure_ascii=False).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": ticket.ticket_id,
            "X-Wenlu-Timestamp": timestamp,
            "X-Wenlu-Signature": sign(self._secret, timestamp, body),
        }
        reply = self._sender.send("POST", self._url, headers=headers, content=body)
        raise_for_status(reply)
        answer = json_object(reply)
        if self._expects_echo and answer.get("ticket_id") != ticket.ticket_id:
            raise Retry("NOT_CONFIRMED")
        return remote_id(answer.get("id"))


def json_object(reply: Reply) -> dict[str, object]:
    """Return the JSON object that ``reply`` holds.

    Raises:
        Retry: it holds something else; whoever answered is not the ticket system.
    """
    try:
        answer = json.loads(reply.content)
    except (ValueError, RecursionError):
        raise Retry("NOT_CONFIRMED") from None
    if not isinstance(answer, dict):
        raise Retry("NOT_CONFIRMED")
    return answer


def remote_id(value: object) -> str:
    """Return an id of the other side as a text.

    Raises:
        Retry: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Retry("NOT_CONFIRMED")
    text = str(value).strip()
    if not text or len(text) > 200 or not text.isprintable():
        raise Retry("NOT_CONFIRMED")
    return text
