"""Facts of a ticket: what is taken as it is meant, and what is asked about."""

from __future__ import annotations

import pytest

from search_index.secrets import find_secret
from search_index.ticket_fields import _TEXTS, UidRule, check_fields

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SOLANA = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW"


def field(name: str, value: str, **others: str) -> str | None:
    """Return how a fact is stored, or None when it is asked about."""
    checked = check_fields("user@example.org", "", {name: value, **others}, lang="zh")
    if any(problem.field == f"fields.{name}" for problem in checked.problems):
        return None
    return checked.fields[name]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("uid", " 12345678 ", "12345678"),
        ("uid", "１２３４５６７８", "12345678"),
        ("uid", "123", None),
        ("uid", "someone", None),
        ("txid", HEX, HEX),
        ("txid", f"0x{HEX.upper()}", f"0x{HEX}"),
        ("txid", f"https://tronscan.org/#/transaction/{HEX}", HEX),
        ("txid", SOLANA, SOLANA),
        ("txid", HEX[:-1], None),
        ("txid", "TRC20", None),
        ("happened_at", "2026-11-21T14:30", "2026-11-21T14:30"),
        ("happened_at", "2026-11-21 14:30:05+08:00", "2026-11-21T14:30:05+08:00"),
        ("happened_at", "2026-13-21 14:30", None),
        ("happened_at", "yesterday", None),
        ("time_zone", "utc+8", "UTC+8"),
        ("time_zone", "+08:00", "UTC+8"),
        ("time_zone", "GMT+5:30", "UTC+5:30"),
        ("time_zone", "北京时间", "Asia/Shanghai"),
        ("time_zone", "America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("time_zone", "UTC+19", None),
        ("time_zone", "here", None),
        ("order_number", "P2P-20261121-0042", "P2P-20261121-0042"),
        ("order_number", "4111 1111 1111 1111", None),
        ("order_number", "4111111111111111", None),
        ("wallet_address", "0x52908400098527886E0F7030069857D2E4169EE7", "same"),
        ("wallet_address", "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE", "same"),
        ("wallet_address", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "same"),
        ("wallet_address", HEX, None),
        ("network", "TRC-20", "TRC-20"),
        ("network", "+86 138 0013 8000", None),
    ],
)
def test_a_fact_is_stored_as_meant_or_asked_about(
    name: str, value: str, stored: str | None
) -> None:
    assert field(name, value) == (value if stored == "same" else stored)


@pytest.mark.parametrize(
    ("network", "value", "fits"),
    [
        ("ERC20", f"0x{HEX}", True),
        ("BSC (BEP-20)", f"0x{HEX}", True),
        ("ERC20", HEX, False),
        ("TRC-20", HEX, True),
        ("波场", HEX, True),
        ("TRC20", f"0x{HEX}", False),
        ("BTC", HEX, True),
        ("Solana", SOLANA, True),
        ("Solana", HEX, False),
        ("something new", HEX, True),
        ("TRC20 → ERC20", f"0x{HEX}", True),
    ],
)
def test_the_hash_must_be_one_of_the_network(network: str, value: str, fits: bool) -> None:
    assert (field("txid", value, network=network) is not None) is fits


@pytest.mark.parametrize(
    "email", ["user@example.org", "a.b+c@mail.example.co.uk", "12345@qq.com", "a'b@example.org"]
)
def test_a_good_address_is_taken(email: str) -> None:
    checked = check_fields(email, "", {}, lang="en")
    assert (checked.email, checked.problems) == (email, ())


@pytest.mark.parametrize(
    "email",
    [
        *("user", "user@", "user@example", "a b@example.org", "a@b@example.org", "用户@例子.公司"),
        *("user@example..org", "a@example.org\nBcc: b@example.org", "<a@example.org>", "a,b@x.org"),
    ],
)
def test_a_bad_address_is_asked_about(email: str) -> None:
    problems = check_fields(email, "", {}, lang="en").problems
    assert [problem.field for problem in problems] == ["contact.email"]


def test_nothing_is_required_but_one_way_to_reply() -> None:
    assert check_fields("user@example.org", "", {}, lang="zh").problems == ()
    assert check_fields("", "12345678", {}, lang="zh").problems == ()
    by_fact = check_fields("", "", {"uid": "12345678"}, lang="zh")
    assert (by_fact.reply_uid, by_fact.problems) == ("12345678", ())
    assert [p.field for p in check_fields("", "", {}, lang="zh").problems] == ["contact"]


def test_a_time_needs_its_zone() -> None:
    alone = check_fields("a@example.org", "", {"happened_at": "2026-11-21 14:30"}, lang="zh")
    assert [problem.field for problem in alone.problems] == ["fields.time_zone"]
    for fields in (
        {"happened_at": "2026-11-21 14:30", "time_zone": "UTC+8"},
        {"happened_at": "2026-11-21T14:30Z"},
    ):
        assert check_fields("a@example.org", "", fields, lang="zh").problems == ()


def test_the_operator_says_what_a_uid_looks_like() -> None:
    rule = UidRule("[A-Z]{2}[0-9]{6}", "AB123456")
    assert check_fields("", "AB123456", {}, lang="zh", uid_rule=rule).problems == ()
    (problem,) = check_fields("", "12345678", {}, lang="zh", uid_rule=rule).problems
    assert "AB123456" in problem.remedy


def test_every_message_stands_in_both_languages_and_repeats_nothing() -> None:
    for texts in _TEXTS.values():
        for lang in ("zh", "en"):
            assert all(texts[lang])
            assert all(find_secret(text) is None for text in texts[lang])
    marked = check_fields("zq7marker", "", {"txid": "zq7marker", "uid": "zq7marker"}, lang="en")
    assert len(marked.problems) == 3
    assert "zq7marker" not in str(marked.problems)


def test_control_characters_never_reach_a_database() -> None:
    checked = check_fields("a@example.org", "", {"network": "TRC\x0020\u202e"}, lang="en")
    assert "\x00" not in checked.fields["network"]
