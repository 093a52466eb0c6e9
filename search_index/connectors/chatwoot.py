"""Delivers tickets to Chatwoot by its Application API, into an inbox of kind "API".

A ticket is a contact, a conversation and a message there. Each is looked up before it is made: a
reply that was lost makes no second one. Contacts are known by a hash, so that no e-mail address
stands in a URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from search_index.connectors import Retry
from search_index.connectors.destination import Sender, raise_for_status
from search_index.connectors.plain_text import text_of, title_of
from search_index.connectors.webhook import json_object, remote_id
from search_index.tickets import Ticket

_ATTRIBUTE = "wenlu_ticket"


class ChatwootConnector:
    """Makes one conversation for each ticket.

    Args:
        url: ``https://chat.example.com``.
        account, inbox: their numbers, as in the addresses of Chatwoot's settings.
        token: access token of an agent or agent bot.
    """

    def __init__(self, sender: Sender, url: str, account: int, inbox: int, token: str) -> None:
        self._sender = sender
        self._base = f"{url.rstrip('/')}/api/v1/accounts/{account}"
        self._inbox = inbox
        self._headers = {"api_access_token": token}

    def deliver(self, ticket: Ticket) -> str:
        """See `Connector`."""
        contact = self._contact(ticket)
        conversation = self._conversation(ticket, contact)
        self._message(ticket, conversation)
        return conversation

    def _contact(self, ticket: Ticket) -> dict[str, Any]:
        found = self._ask("GET", "/contacts/search", params={"q": ticket.reporter})
        for contact in _objects(found.get("payload")):
            if contact.get("identifier") == ticket.reporter:
                return contact
        body: dict[str, Any] = {"inbox_id": self._inbox, "identifier": ticket.reporter}
        body["name"] = ticket.email or f"UID {ticket.reply_uid}"
        if ticket.email:
            body["email"] = ticket.email
        made = self._ask("POST", "/contacts", json=body).get("payload")
        if isinstance(made, dict):
            made = made.get("contact", made)
        if not isinstance(made, dict):
            raise Retry("NOT_CONFIRMED")
        return made

    def _conversation(self, ticket: Ticket, contact: dict[str, Any]) -> str:
        contact_id = remote_id(contact.get("id"))
        found = self._ask("GET", f"/contacts/{contact_id}/conversations")
        for conversation in _objects(found.get("payload")):
            attributes = conversation.get("custom_attributes")
            if isinstance(attributes, dict) and attributes.get(_ATTRIBUTE) == ticket.ticket_id:
                return remote_id(conversation.get("id"))
        body = {
            "inbox_id": self._inbox,
            "contact_id": contact_id,
            "source_id": self._source(contact),
            "status": "open",
            "custom_attributes": {
                _ATTRIBUTE: ticket.ticket_id,
                "response_class": ticket.response_class,
                "lang": ticket.lang,
            },
        }
        return remote_id(self._ask("POST", "/conversations", json=body).get("id"))

    def _source(self, contact: dict[str, Any]) -> str:
        """Return what ties the contact to our inbox; make it if the contact is of another one."""
        for entry in _objects(contact.get("contact_inboxes")):
            inbox = entry.get("inbox")
            if isinstance(inbox, dict) and inbox.get("id") == self._inbox:
                return remote_id(entry.get("source_id"))
        path = f"/contacts/{remote_id(contact.get('id'))}/contact_inboxes"
        made = self._ask("POST", path, json={"inbox_id": self._inbox})
        return remote_id(made.get("source_id"))

    def _message(self, ticket: Ticket, conversation: str) -> None:
        path = f"/conversations/{conversation}/messages"
        title = title_of(ticket)
        for message in _objects(self._ask("GET", path).get("payload")):
            if str(message.get("content", "")).startswith(title):
                return
        body = {"content": text_of(ticket), "message_type": "incoming", "private": False}
        remote_id(self._ask("POST", path, json=body).get("id"))

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        reply = self._sender.send(method, self._base + path, headers=self._headers, **options)
        raise_for_status(reply)
        return json_object(reply)


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))
