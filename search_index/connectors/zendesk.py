"""Delivers tickets to Zendesk by its Ticketing API.

Our number is the ``external_id`` there. It is looked up before a ticket is made, since Zendesk
forgets an ``Idempotency-Key`` after two hours and an outage may last longer.
"""

from __future__ import annotations

from search_index.connectors import Retry
from search_index.connectors.destination import Sender, raise_for_status
from search_index.connectors.plain_text import text_of, title_of
from search_index.connectors.webhook import json_object, remote_id
from search_index.tickets import Ticket

_PRIORITIES = {"urgent": "urgent", "technical": "high", "general": "normal"}


class ZendeskConnector:
    """Makes one ticket for each of ours.

    Args:
        url: ``https://example.zendesk.com``.
        user: e-mail address of the agent to whom the token belongs.
    """

    def __init__(self, sender: Sender, url: str, user: str, token: str) -> None:
        self._sender = sender
        self._url = f"{url.rstrip('/')}/api/v2/tickets.json"
        self._auth = (f"{user}/token", token)

    def deliver(self, ticket: Ticket) -> str:
        """See `Connector`."""
        return self._find(ticket.ticket_id) or self._create(ticket)

    def _find(self, ticket_id: str) -> str | None:
        reply = self._sender.send(
            "GET", self._url, params={"external_id": ticket_id}, auth=self._auth
        )
        raise_for_status(reply)
        found = json_object(reply).get("tickets")
        if not isinstance(found, list):
            raise Retry("NOT_CONFIRMED")
        for entry in found:
            if isinstance(entry, dict) and entry.get("external_id") == ticket_id:
                return remote_id(entry.get("id"))
        return None

    def _create(self, ticket: Ticket) -> str:
        body: dict[str, object] = {
            "external_id": ticket.ticket_id,
            "subject": title_of(ticket),
            "comment": {"body": text_of(ticket)},
            "priority": _PRIORITIES[ticket.response_class],
            "tags": ["wenlu", f"class_{ticket.response_class}", f"lang_{ticket.lang}"],
        }
        if ticket.email:
            body["requester"] = {"name": ticket.email, "email": ticket.email}
        reply = self._sender.send(
            "POST",
            self._url,
            json={"ticket": body},
            auth=self._auth,
            headers={"Idempotency-Key": ticket.ticket_id},
        )
        raise_for_status(reply)
        made = json_object(reply).get("ticket")
        if not isinstance(made, dict) or made.get("external_id") != ticket.ticket_id:
            raise Retry("NOT_CONFIRMED")
        return remote_id(made.get("id"))
