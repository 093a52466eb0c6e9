"""Each connector against a peer that speaks its protocol: once for each ticket, and no lies."""

from __future__ import annotations

import json
import re
import socket
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from certificates import HOST, make_certificate, server_context
from ticket_peers import LOCAL, SECRET, make_ticket, receiving, webhook_to

from search_index.connectors import Refused, Retry
from search_index.connectors.chatwoot import ChatwootConnector
from search_index.connectors.destination import Rules, Sender
from search_index.connectors.factory import open_connector
from search_index.connectors.plain_text import text_of, title_of
from search_index.connectors.smtp import SmtpConnector
from search_index.connectors.spool import SpoolConnector
from search_index.connectors.webhook import is_genuine, sign
from search_index.connectors.zendesk import ZendeskConnector
from search_index.errors import SettingsError
from search_index.settings import TicketSettings

TICKET = make_ticket(body="币没到账\n<script>", subject="急")


# --- webhook


def test_a_webhook_carries_the_ticket_a_key_and_a_signature() -> None:
    with receiving() as receiver:
        assert webhook_to(receiver).deliver(TICKET) == "remote-0"
    ((method, path, headers, body),) = receiver.requests
    assert (method, path) == ("POST", "/hook")
    assert json.loads(body) == TICKET.to_delivery()
    assert headers["idempotency-key"] == TICKET.ticket_id
    assert is_genuine(SECRET, headers["x-wenlu-timestamp"], body, headers["x-wenlu-signature"])


def test_a_receiver_recognises_forged_changed_and_old_requests() -> None:
    body, now = b'{"ticket_id": "T-2222-2222"}', 1_795_000_000
    signature = sign(SECRET, str(now), body)

    def genuine(**changed: Any) -> bool:
        values: dict[str, Any] = {"timestamp": str(now), "body": body, "signature": signature}
        return is_genuine(**{"secret": SECRET, "now_s": now + 10, **values, **changed})

    assert genuine()
    assert genuine(signature=f"v1=00,{signature}")  # while the secret is being changed
    assert not genuine(secret="another secret, just as long")
    assert not genuine(body=body + b" ")
    assert not genuine(timestamp=str(now + 1))
    assert not genuine(signature="v1=")
    assert not genuine(signature="")
    assert not genuine(timestamp="now")
    assert not genuine(now_s=now + 301)
    assert not genuine(now_s=now - 301)


def test_a_login_page_is_no_success() -> None:
    with receiving() as receiver:
        receiver.behave = lambda number: "lie"
        with pytest.raises(Retry, match="NOT_CONFIRMED"):
            webhook_to(receiver).deliver(TICKET)


@pytest.mark.parametrize(
    "answer", [{}, [], "id", {"id": None}, {"id": True}, {"id": ""}, {"id": {"x": 1}}, {"id": "\n"}]
)
def test_an_answer_without_an_id_is_no_success(answer: Any) -> None:
    with receiving() as receiver:
        receiver.answers = lambda *_: (200, answer)
        with pytest.raises(Retry, match="NOT_CONFIRMED"):
            webhook_to(receiver).deliver(TICKET)


def test_with_an_echo_asked_for_another_number_is_no_success() -> None:
    with receiving() as receiver:
        assert webhook_to(receiver, expects_echo=True).deliver(TICKET)
        receiver.answers = lambda *_: (200, {"id": 1, "ticket_id": "T-2222-2222"})
        assert webhook_to(receiver).deliver(TICKET) == "1"
        with pytest.raises(Retry, match="NOT_CONFIRMED"):
            webhook_to(receiver, expects_echo=True).deliver(TICKET)


def test_after_a_lost_reply_the_same_key_comes_again() -> None:
    with receiving() as receiver:
        receiver.behave = lambda number: "ok" if number else "lost"
        connector = webhook_to(receiver)
        with pytest.raises(Retry):
            connector.deliver(TICKET)
        assert connector.deliver(TICKET) == "remote-0"
    assert len(receiver.requests) == 2
    assert len(receiver.taken) == 1


def test_a_receiver_that_restarts_gets_the_ticket_then() -> None:
    with receiving() as receiver:
        port = receiver.port
        connector = webhook_to(receiver)
    with pytest.raises(Retry, match="CONNECTION"):
        connector.deliver(TICKET)
    with receiving(port):
        assert connector.deliver(TICKET) == "remote-0"


# --- mail


class Mailbox:
    """What an SMTP server received; ``refuses`` is what it answers instead of taking a mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = ""
        self.loses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return self.refuses
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.loses:
            server.transport.abort()
        return "250 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp_port(mailbox: Mailbox) -> Any:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def mailer(port: int, **options: Any) -> SmtpConnector:
    ordinary: dict[str, Any] = {"host": "127.0.0.1", "security": "none"}
    addresses = {"sender": "help@example.com", "recipient": "desk@example.com"}
    return SmtpConnector(LOCAL, 5, port=port, **{**ordinary, **addresses, **options})


def test_a_mail_holds_the_ticket_and_no_word_of_the_user_in_its_head(
    mailbox: Mailbox, smtp_port: int
) -> None:
    assert mailer(smtp_port).deliver(TICKET) == f"<{TICKET.ticket_id}@example.com>"
    (mail,) = mailbox.mails
    assert mail["Subject"] == f"[{TICKET.ticket_id}] technical zh"
    assert (mail["Reply-To"], mail["To"]) == ("user@example.org", "desk@example.com")
    assert mail["Message-ID"] == f"<{TICKET.ticket_id}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert "币没到账\r\n<script>" in mail.get_content()
    assert not any("急" in value for value in mail.values())


def test_after_a_lost_reply_the_mail_has_the_same_message_id(
    mailbox: Mailbox, smtp_port: int
) -> None:
    mailbox.loses = True
    with pytest.raises(Retry, match="CONNECTION"):
        mailer(smtp_port).deliver(TICKET)
    mailbox.loses = False
    mailer(smtp_port).deliver(TICKET)
    assert len(mailbox.mails) == 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ("451 later", Retry, "SMTP_451"),
        ("552 too large", Refused, "SMTP_552"),
        ("421 closing", Retry, "SMTP_421"),
    ],
)
def test_a_mail_that_is_not_taken_says_why(
    mailbox: Mailbox, smtp_port: int, answer: str, error: type[Exception], reason: str
) -> None:
    mailbox.refuses = answer
    with pytest.raises(error, match=reason):
        mailer(smtp_port).deliver(TICKET)


def test_a_mail_server_in_the_own_network_must_be_allowed(smtp_port: int) -> None:
    connector = SmtpConnector(
        Rules(),
        5,
        host="127.0.0.1",
        port=smtp_port,
        security="starttls",
        sender="a@example.com",
        recipient="b@example.com",
    )
    with pytest.raises(Retry, match="DESTINATION_FORBIDDEN"):
        connector.deliver(TICKET)


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = data == LoginPassword(b"help", b"right")
    return AuthResult(success=is_right, handled=False)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_encrypted_with_a_password(
    mailbox: Mailbox, security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = server_context(certificate)
    how: dict[str, Any] = {
        "starttls": {"tls_context": context, "require_starttls": True},
        "tls": {"ssl_context": context, "auth_require_tls": False},
    }[security]
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=free_port(), authenticator=authenticate, **how
    )
    if security == "tls":  # its own check that it runs does not know our certificate

        def greet() -> None:
            client = ssl.create_default_context(cafile=str(certificate))
            with (
                socket.create_connection(("127.0.0.1", controller.port), 5) as plain,
                client.wrap_socket(plain, server_hostname=HOST) as connection,
            ):
                connection.recv(100)

        monkeypatch.setattr(controller, "_trigger_server", greet)
    controller.start()
    rules = Rules(look_up=lambda host, port: ["127.0.0.1"], allow_insecure_loopback=True)

    def send(host: str, password: str) -> str:
        connector = SmtpConnector(
            rules,
            5,
            host=host,
            port=controller.port,
            security=security,  # type: ignore[arg-type]
            sender="help@example.com",
            recipient="desk@example.com",
            user="help",
            password=password,
        )
        return connector.deliver(TICKET)

    try:
        send(HOST, "right")
        assert len(mailbox.mails) == 1
        with pytest.raises(Retry, match="SMTP_535"):
            send(HOST, "wrong")
        with pytest.raises(Retry, match="CONNECTION"):  # the certificate is another host's
            send("another.test", "right")
    finally:
        controller.stop()
    assert len(mailbox.mails) == 1


# --- Zendesk


class Zendesk:
    """The part of the Ticketing API that is used."""

    def __init__(self) -> None:
        self.tickets: list[dict[str, Any]] = []

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        address = urlsplit(path)
        assert address.path == "/api/v2/tickets.json"
        if method == "GET":
            (wanted,) = parse_qs(address.query)["external_id"]
            return 200, {"tickets": [t for t in self.tickets if t["external_id"] == wanted]}
        ticket = {**json.loads(body)["ticket"], "id": 35436 + len(self.tickets)}
        self.tickets.append(ticket)
        return 201, {"ticket": ticket}


def test_zendesk_gets_one_ticket_though_a_reply_is_lost() -> None:
    peer = Zendesk()
    with receiving() as receiver:
        receiver.answers = peer
        receiver.behave = lambda number: "lost" if number == 1 else "ok"
        connector = ZendeskConnector(
            Sender(LOCAL, 5), receiver.url + "/", "agent@example.com", "token"
        )
        with pytest.raises(Retry):
            connector.deliver(TICKET)
        assert connector.deliver(TICKET) == "35436"
    (ticket,) = peer.tickets
    assert ticket["subject"] == title_of(TICKET)
    assert ticket["comment"] == {"body": text_of(TICKET)}
    assert ticket["requester"]["email"] == "user@example.org"
    method, _, headers, _ = receiver.requests[1]
    assert (method, headers["idempotency-key"]) == ("POST", TICKET.ticket_id)
    assert headers["authorization"].startswith("Basic ")


def test_zendesk_answering_something_else_is_no_success() -> None:
    with receiving() as receiver:
        receiver.answers = lambda *_: (200, {"ticket": {"id": 1}})
        connector = ZendeskConnector(Sender(LOCAL, 5), receiver.url, "a@example.com", "token")
        with pytest.raises(Retry, match="NOT_CONFIRMED"):
            connector.deliver(TICKET)


# --- Chatwoot


class Chatwoot:
    """The part of the Application API that is used."""

    def __init__(self) -> None:
        self.contacts: list[dict[str, Any]] = []
        self.conversations: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []

    def __call__(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        address = urlsplit(path)
        route = address.path.removeprefix("/api/v1/accounts/3")
        sent = json.loads(body) if body else {}
        if route == "/contacts/search":
            (wanted,) = parse_qs(address.query)["q"]
            found = [c for c in self.contacts if wanted in str(c)]
            return 200, {"meta": {"count": len(found)}, "payload": found}
        if route == "/contacts":
            inbox = {"source_id": f"s-{len(self.contacts)}", "inbox": {"id": sent["inbox_id"]}}
            contact = {**sent, "id": 100 + len(self.contacts), "contact_inboxes": [inbox]}
            self.contacts.append(contact)
            return 200, {"payload": {"contact": contact, "contact_inbox": inbox}}
        if found_contact := re.fullmatch(r"/contacts/(\d+)/conversations", route):
            mine = [c for c in self.conversations if str(c["contact_id"]) == found_contact[1]]
            return 200, {"payload": mine}
        if route == "/conversations":
            conversation = {**sent, "id": 500 + len(self.conversations)}
            self.conversations.append(conversation)
            return 200, conversation
        match = re.fullmatch(r"/conversations/(\d+)/messages", route)
        assert match, route
        if method == "GET":
            mine = [m for m in self.messages if m["conversation"] == match[1]]
            return 200, {"meta": {}, "payload": mine}
        message = {**sent, "id": 900 + len(self.messages), "conversation": match[1]}
        self.messages.append(message)
        return 200, message


@pytest.mark.parametrize("lost", [[], [1], [3], [5], [1, 5, 10]])
def test_chatwoot_gets_one_conversation_whichever_reply_is_lost(lost: list[int]) -> None:
    peer = Chatwoot()
    with receiving() as receiver:
        receiver.answers = peer
        receiver.behave = lambda number: "lost" if number in lost else "ok"
        connector = ChatwootConnector(Sender(LOCAL, 5), receiver.url, 3, 9, "token")
        for _ in range(4):
            try:
                assert connector.deliver(TICKET) == "500"
            except Retry:
                continue
    assert len(peer.contacts) == len(peer.conversations) == len(peer.messages) == 1
    assert peer.messages[0]["content"] == text_of(TICKET)
    assert peer.messages[0]["message_type"] == "incoming"  # an outgoing one would be mailed
    assert all(headers["api_access_token"] == "token" for _, _, headers, _ in receiver.requests)
    assert not any("example.org" in path for _, path, _, _ in receiver.requests)


def test_chatwoot_keeps_one_contact_for_one_person() -> None:
    peer = Chatwoot()
    with receiving() as receiver:
        receiver.answers = peer
        connector = ChatwootConnector(Sender(LOCAL, 5), receiver.url, 3, 9, "token")
        connector.deliver(make_ticket("key-00000001"))
        connector.deliver(make_ticket("key-00000002"))
        connector.deliver(make_ticket("key-00000003", email=None, reply_uid="12345678"))
    assert [contact["name"] for contact in peer.contacts] == ["user@example.org", "UID 12345678"]
    assert [c["source_id"] for c in peer.conversations] == ["s-0", "s-0", "s-1"]


# --- folder


def test_a_folder_gets_one_whole_file_for_each_ticket(tmp_path: Path) -> None:
    connector = SpoolConnector(tmp_path / "new" / "tickets")
    assert connector.deliver(TICKET) == connector.deliver(TICKET) == f"{TICKET.ticket_id}.json"
    (file,) = (tmp_path / "new" / "tickets").iterdir()
    assert json.loads(file.read_bytes()) == TICKET.to_delivery()


def test_a_folder_that_cannot_be_written_is_a_reason_to_try_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Retry, match="FOLDER"):
        SpoolConnector(tmp_path / "file").deliver(TICKET)


# --- from the settings


def test_plain_text_names_every_fact_in_the_language_of_the_ticket() -> None:
    fields = {"uid": "12345678", "txid": "ab" * 32, "network": "TRC20", "happened_at": "now"}
    for lang in ("zh", "en"):
        text = text_of(make_ticket(fields=fields, lang=lang))
        assert all(value in text for value in fields.values())
        assert text.startswith(f"[{make_ticket().ticket_id}] technical {lang}\n")


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"connector": "webhook", "url": "https://x.example"}, "KB_TICKETS_WEBHOOK_SECRET"),
        (
            {"connector": "chatwoot", "url": "https://x.example"}
            | {"chatwoot_account": 1, "chatwoot_inbox": 1},
            "KB_TICKETS_CHATWOOT_TOKEN",
        ),
        (
            {"connector": "zendesk", "url": "https://x.example", "zendesk_user": "a@b.example"},
            "KB_TICKETS_ZENDESK_TOKEN",
        ),
        (
            {"connector": "smtp", "smtp_host": "h", "smtp_from": "f", "smtp_to": "t"}
            | {"smtp_user": "u"},
            "KB_TICKETS_SMTP_PASSWORD",
        ),
    ],
)
def test_secrets_come_from_variables(
    settings: dict[str, Any], variable: str, tmp_path: Path
) -> None:
    chosen = TicketSettings.model_validate(settings)
    with pytest.raises(SettingsError, match=variable):
        open_connector(chosen, tmp_path, {})
    assert open_connector(chosen, tmp_path, {variable: "x" * 16})


def test_by_default_tickets_become_files(tmp_path: Path) -> None:
    connector = open_connector(TicketSettings(), tmp_path, {})
    connector.deliver(TICKET)
    assert (tmp_path / "data/spool/tickets" / f"{TICKET.ticket_id}.json").is_file()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"connector": "webhook"}, "needs url"),
        ({"connector": "webhook", "url": "http://x.example"}, "https://"),
        ({"connector": "webhook", "url": "http://127.0.0.1"}, "https://"),
        ({"connector": "smtp"}, "needs smtp_host"),
        ({"allowed_networks": ["10.0.0.0/99"]}, "allowed_networks"),
        ({"uid_pattern": "["}, "regular expression"),
        ({"uid_pattern": "[0-9]{6}"}, "uid_example"),
        ({"webhook_secret": "x"}, "webhook_secret"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TicketSettings.model_validate(settings)
