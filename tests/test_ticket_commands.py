"""The commands ``kb tickets``: what an operator sees, and what is not shown by the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ticket_peers import make_submission

from search_index.database import open_database
from search_index.outbox import DAY_MS, now_ms, utc_day
from search_index.ticket_commands import tickets
from search_index.tickets import TicketStore, outbox_table


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder whose database has a pending ticket of key 1, a dead one of 2, a delivered of 3."""
    (tmp_path / "kb.toml").write_text("")
    database = open_database("sqlite:///data/wenlu.sqlite", root=tmp_path)
    database.create_tables()
    store = TicketStore(database)
    for number, state in enumerate(("pending", "dead", "delivered"), 1):
        ticket_id = store.add(make_submission(f"key-{number:08}", created_at_ms=number)).ticket_id
        with database.write() as connection:
            connection.execute(
                outbox_table.update()
                .where(outbox_table.c.ticket_id == ticket_id)
                .values(
                    state=state,
                    last_error="HTTP_422" if state == "dead" else None,
                    dead_at_ms=now_ms() if state == "dead" else None,
                )
            )
    database.close()
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(tickets, [*arguments, "--root", str(root)])


def listed(root: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(root, "list", "--json", *arguments).stdout)
    return found


def number_of(root: Path, state: str) -> str:
    (delivery,) = listed(root, "--state", state)
    return str(delivery["ticket_id"])


def test_the_list_shows_states_and_no_word_of_a_user(root: Path) -> None:
    result = run(root, "list")
    assert result.exit_code == 0
    assert [line.split()[4] for line in result.stdout.splitlines()] == [
        *("delivered", "dead", "pending")
    ]
    assert "HTTP_422" in result.stdout
    assert result.stderr.startswith("1 pending, 1 delivered, 1 dead, 0 erased\n")
    for text in (result.output, str(listed(root))):
        assert "提币" not in text
        assert "example.org" not in text


def test_the_list_says_how_many_texts_are_erased_and_when(root: Path) -> None:
    day = utc_day(now_ms() + 90 * DAY_MS)
    assert f"erased after 90 days (privacy.keep_dead_ticket_days): 1 on {day}. " in (
        run(root, "list").stderr
    )
    (root / "kb.toml").write_text("[privacy]\nkeep_dead_ticket_days = 30\n")
    database = open_database("sqlite:///data/wenlu.sqlite", root=root)
    store = TicketStore(database)
    for number in range(4, 14):
        store.add(make_submission(f"key-{number:08}", created_at_ms=number))
        with database.write() as connection:
            connection.execute(
                outbox_table.update()
                .where(outbox_table.c.created_at_ms == number)
                .values(state="dead", dead_at_ms=None if number == 13 else number * DAY_MS)
            )
    database.close()
    message = run(root, "list").stderr
    assert "1 on 1970-02-04, 1 on 1970-02-05, " in message
    assert "1 on 1970-02-08, 6 later. " in message
    run(root, "retry", "--dead")
    assert run(root, "list").stderr == "12 pending, 1 delivered, 0 dead, 0 erased\n"


def test_an_erased_ticket_says_so_and_is_not_tried_again(root: Path) -> None:
    number = number_of(root, "dead")
    database = open_database("sqlite:///data/wenlu.sqlite", root=root)
    TicketStore(database).erase_dead(now_ms() + 1, now_ms())
    database.close()
    today = utc_day(now_ms())
    line = f"erased     attempts 0  HTTP_422  given up {today}  text erased {today}\n"
    assert run(root, "show", number).stdout.endswith(line)
    assert run(root, "list", "--state", "erased").stdout.endswith(line)
    assert run(root, "retry", "--dead").stdout.startswith("0 ")
    result = run(root, "retry", number)
    assert result.exit_code == 1
    assert "TICKET_ERASED" in result.stderr


def test_one_ticket_is_shown_as_it_is_stored(root: Path) -> None:
    number = number_of(root, "pending")
    text = run(root, "show", number).stdout
    assert "昨天提币" in text
    assert "user@example.org" in text
    shown = json.loads(run(root, "show", number, "--json").stdout)
    assert shown["ticket"]["body"] == "昨天提币，到现在没到账。"
    assert shown["delivery"]["state"] == "pending"


def test_dead_tickets_are_tried_again(root: Path) -> None:
    assert run(root, "retry", "--dead").exit_code == 0
    assert listed(root, "--state", "dead") == []
    assert len(listed(root, "--state", "pending")) == 2


def test_one_ticket_is_tried_again(root: Path) -> None:
    number = number_of(root, "dead")
    assert run(root, "retry", number).exit_code == 0
    assert listed(root, "--state", "dead") == []


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("show", "T-2222-2222"), 1, "TICKET_UNKNOWN"),
        (("retry", "T-2222-2222"), 1, "TICKET_UNKNOWN"),
        (("retry",), 2, "--dead"),
        (("retry", "T-2222-2222", "--dead"), 2, "--dead"),
        (("list", "--state", "lost"), 2, "pending"),
    ],
)
def test_what_cannot_be_done_is_explained(
    root: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = run(root, *arguments)
    assert result.exit_code == status
    assert message in result.stderr


def test_a_delivered_ticket_is_not_delivered_again(root: Path) -> None:
    result = run(root, "retry", number_of(root, "delivered"))
    assert result.exit_code == 1
    assert "TICKET_DELIVERED" in result.stderr
