"""Where this server may connect to, whatever names resolve to and redirects say."""

from __future__ import annotations

import ipaddress
import threading
from pathlib import Path

import pytest
from certificates import HOST, make_certificate, server_context
from ticket_peers import LOCAL, Receiver, receiving

from search_index.connectors import Refused, Retry
from search_index.connectors.destination import (
    ForbiddenDestinationError,
    Reply,
    Rules,
    Sender,
    raise_for_status,
)

PUBLIC = "8.8.8.8"


def resolving_to(*addresses: str, **options: object) -> Rules:
    return Rules(look_up=lambda host, port: addresses, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
        *("2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(ForbiddenDestinationError):
        resolving_to(address).addresses("tickets.test", 443, encrypted=True)
    with pytest.raises(ForbiddenDestinationError):  # one of several is enough
        resolving_to(PUBLIC, address).addresses("tickets.test", 443, encrypted=True)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_allowed_encrypted_only(address: str) -> None:
    rules = resolving_to(address)
    assert rules.addresses("tickets.test", 443, encrypted=True) == [address]
    with pytest.raises(ForbiddenDestinationError):
        rules.addresses("tickets.test", 80, encrypted=False)


def test_a_network_of_the_operator_is_allowed_encrypted_only() -> None:
    rules = resolving_to("10.1.2.3", allowed_networks=(ipaddress.ip_network("10.1.0.0/16"),))
    assert rules.addresses("tickets.test", 443, encrypted=True) == ["10.1.2.3"]
    with pytest.raises(ForbiddenDestinationError):
        rules.addresses("tickets.test", 80, encrypted=False)
    with pytest.raises(ForbiddenDestinationError):
        resolving_to("10.2.0.1", allowed_networks=rules.allowed_networks).addresses(
            "tickets.test", 443, encrypted=True
        )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0"])
def test_no_way_of_writing_this_machine_gets_through(host: str) -> None:
    with receiving() as receiver:
        with pytest.raises(Retry, match=r"DESTINATION_FORBIDDEN|CONNECTION"):
            Sender(Rules(), 2).send("GET", f"http://{host}:{receiver.port}/")
        assert receiver.requests == []


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[tuple[str, int]] = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return next(answers)

    with receiving() as receiver:
        sender = Sender(Rules(allow_insecure_loopback=True, look_up=look_up), 2)
        sender.send("POST", f"http://tickets.test:{receiver.port}/hook", content=b"{}")
        with pytest.raises(Retry, match="DESTINATION_FORBIDDEN"):
            sender.send("POST", f"http://tickets.test:{receiver.port}/hook", content=b"{}")
    assert asked == [("tickets.test", receiver.port)] * 2  # once for each connection
    ((_, path, headers, _),) = receiver.requests
    assert (path, headers["host"]) == ("/hook", f"tickets.test:{receiver.port}")


def test_a_redirect_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.behave = lambda number: "redirect"
        reply = Sender(LOCAL, 2).send("GET", receiver.url)
    assert reply.status == 307
    assert len(receiver.requests) == 1
    with pytest.raises(Retry, match="HTTP_307"):
        raise_for_status(reply)


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with receiving() as receiver:
        rules = resolving_to("127.0.0.2", "127.0.0.1", allow_insecure_loopback=True)
        reply = Sender(rules, 2).send("POST", f"http://tickets.test:{receiver.port}/")
    assert reply.status == 201


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """A receiver of `HOST` behind TLS, whose certificate is trusted."""
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    receiver = Receiver()
    server = receiver._server
    server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
    yield receiver  # type: ignore[misc]
    receiver.close()


def test_the_certificate_must_be_of_the_name_though_an_address_is_connected_to(
    encrypted: Receiver,
) -> None:
    sender = Sender(resolving_to("127.0.0.1", allow_insecure_loopback=True), 2)
    assert sender.send("POST", f"https://{HOST}:{encrypted.port}/").status == 201
    with pytest.raises(Retry, match="CONNECTION"):
        sender.send("POST", f"https://another.test:{encrypted.port}/")
    assert len(encrypted.requests) == 1


def test_an_unknown_certificate_is_refused(
    encrypted: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    sender = Sender(resolving_to("127.0.0.1", allow_insecure_loopback=True), 2)
    with pytest.raises(Retry, match="CONNECTION"):
        sender.send("POST", f"https://{HOST}:{encrypted.port}/")
    assert encrypted.requests == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [("hang", "TIMEOUT"), ("reset", "CONNECTION"), ("flood", "REPLY_TOO_LARGE")],
)
def test_no_whole_answer_is_a_reason_to_try_again(how: str, reason: str) -> None:
    with receiving() as receiver:
        receiver.behave = lambda number: how
        with pytest.raises(Retry, match=reason):
            Sender(LOCAL, 0.5).send("POST", receiver.url)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with receiving() as receiver:
        assert Sender(LOCAL, 2).send("POST", receiver.url).status == 201


def test_a_name_without_an_address_is_a_reason_to_try_again() -> None:
    def look_up(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(Retry, match="CONNECTION"):
        Sender(Rules(look_up=look_up), 2).send("GET", "https://tickets.test/")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (413, Refused), (422, Refused)]
    + [(status, Retry) for status in (301, 401, 403, 404, 409, 425, 429, 500, 502, 503, 504)],
)
def test_only_a_fault_of_the_ticket_itself_is_final(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"HTTP_{status}"):
        raise_for_status(Reply(status, {}, b""))


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("Sat, 21 Nov 2099 00:00:00 GMT", 1e9, 1e10),
        ("Sat, 21 Nov 2009 00:00:00 GMT", 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, least: float, most: float) -> None:
    with pytest.raises(Retry) as caught:
        raise_for_status(Reply(429, {"retry-after": header}, b""))
    assert caught.value.after_s is not None
    assert least <= caught.value.after_s <= most


@pytest.mark.parametrize("header", ["", "soon", "-1", "１２", "1" * 400])
def test_a_strange_retry_after_is_no_trouble(header: str) -> None:
    with pytest.raises(Retry, match="HTTP_503"):
        raise_for_status(Reply(503, {"retry-after": header}, b""))


def test_nothing_is_left_running() -> None:
    before = threading.active_count()
    with receiving() as receiver:
        Sender(LOCAL, 2).send("GET", receiver.url)
    assert threading.active_count() <= before
