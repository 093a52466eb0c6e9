"""The commands ``kb tickets``: what waits, what is dead, one ticket, try again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from search_index.command_line import explains_errors, json_option, root_option
from search_index.database import open_database
from search_index.errors import KbError
from search_index.outbox import DAY_MS, now_ms, utc_day
from search_index.settings import ReadSettings, load_settings
from search_index.tickets import STATES, Delivery, TicketStore

_MOST_DAYS = 5


@click.group()
def tickets() -> None:
    """See what became of tickets, and deliver them again."""


@tickets.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Only tickets of this state.")
@click.option("--limit", type=click.IntRange(1), default=100, help="Tickets at most.")
@json_option
@root_option
@explains_errors
def list_tickets(root: Path, state: str | None, limit: int, as_json: bool) -> None:
    """List tickets and their delivery, the newest first.

    What people wrote is left out.
    """
    store, settings = _open_store(root)
    found = store.deliveries(state, limit)
    if as_json:
        click.echo(json.dumps([asdict(delivery) for delivery in found], indent=1))
        return
    for delivery in found:
        click.echo(_line(delivery))
    counts = store.counts()
    click.echo(", ".join(f"{counts[name]} {name}" for name in STATES), err=True)
    _say_what_is_erased(store, settings.privacy.keep_dead_ticket_days)


@tickets.command()
@click.argument("ticket_id")
@json_option
@root_option
@explains_errors
def show(root: Path, ticket_id: str, as_json: bool) -> None:
    """Show one ticket with what the person wrote, masked as it is stored."""
    store, _ = _open_store(root)
    ticket, delivery = store.get(ticket_id), store.delivery(ticket_id)
    if as_json:
        both = {"ticket": ticket.to_delivery(), "delivery": asdict(delivery)}
        click.echo(json.dumps(both, ensure_ascii=False, indent=1))
        return
    click.echo(_line(delivery))
    facts = {"reply to": ticket.email or ticket.reply_uid, **ticket.fields}
    for name, value in facts.items():
        if value:
            click.echo(f"{name}: {value}")
    for text in (ticket.subject, ticket.body):
        if text:
            click.echo(f"\n{text}")


@tickets.command()
@click.argument("ticket_id", required=False)
@click.option("--dead", is_flag=True, help="All tickets that were given up.")
@root_option
@explains_errors
def retry(root: Path, ticket_id: str | None, dead: bool) -> None:
    """Deliver a ticket now, or with --dead all given up."""
    if dead == bool(ticket_id):
        raise click.UsageError("Give either a ticket's number or --dead.")
    store, _ = _open_store(root)
    count = store.retry(ticket_id, now_ms())
    if ticket_id and not count:
        if store.delivery(ticket_id).state == "erased":
            raise KbError(
                f"The text of {ticket_id} is erased; there is nothing left to deliver.",
                code="TICKET_ERASED",
                remedy="Raise privacy.keep_dead_ticket_days if you need more time with the next.",
            )
        raise KbError(
            f"{ticket_id} is delivered already.",
            code="TICKET_DELIVERED",
            remedy="Look for it in the ticket system; `kb tickets show` names its id there.",
        )
    click.echo(f"{count} to be delivered again; a running `kb serve` does it within seconds.")


def _say_what_is_erased(store: TicketStore, keep_days: int) -> None:
    """Say how many texts of dead tickets will be erased, and when."""
    now = now_ms()  # one that an older version gave up counts from the next `kb serve`
    dead = [now if since is None else since for since in store.dead_since()]
    if not dead:
        return
    days = Counter(utc_day(since + keep_days * DAY_MS) for since in sorted(dead))
    shown = [f"{count} on {day}" for day, count in list(days.items())[:_MOST_DAYS]]
    later = len(dead) - sum(list(days.values())[:_MOST_DAYS])
    shown += [f"{later} later"] if later else []
    click.echo(
        f"Texts of dead tickets are erased after {keep_days} days "
        f"(privacy.keep_dead_ticket_days): {', '.join(shown)}. "
        "Before that: `kb tickets retry --dead`.",
        err=True,
    )


def _open_store(root: Path) -> tuple[TicketStore, ReadSettings]:
    settings = load_settings(ReadSettings, root)
    database = open_database(settings.database.url, root=root)
    database.create_tables()
    return TicketStore(database), settings


def _line(delivery: Delivery) -> str:
    created = datetime.fromtimestamp(delivery.created_at_ms / 1000, UTC)
    parts = [
        delivery.ticket_id,
        created.strftime("%Y-%m-%d %H:%M:%SZ"),
        f"{delivery.response_class:9}",
        f"{delivery.state:9}",
        f"attempts {delivery.attempts}",
    ]
    parts += [delivery.last_error] if delivery.last_error else []
    parts += [f"given up {utc_day(delivery.dead_at_ms)}"] if delivery.dead_at_ms else []
    parts += [f"text erased {utc_day(delivery.erased_at_ms)}"] if delivery.erased_at_ms else []
    parts += [f"there {delivery.remote_id}"] if delivery.remote_id else []
    return "  ".join(parts)
