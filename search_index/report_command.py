"""The command ``kb report``: arguments in, files or JSON out. Counts nothing."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from search_index.command_line import explains_errors, json_option, root_option
from search_index.database import open_database
from search_index.durable_file import replace_text
from search_index.event_log import EventLog
from search_index.report import Period, make_report
from search_index.report.page import render_page
from search_index.report.tables import to_json, write_csv
from search_index.settings import ReadSettings, load_settings
from search_index.snapshot import current_folder, open_snapshot

DAYS = 28
"""Four whole weeks, so that each weekday counts the same."""


class Day(click.ParamType[date]):
    """A day of the calendar, ``2026-11-21``."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Return the day."""
        try:
            return datetime.strptime(value, "%Y-%m-%d").date() if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is not a day like 2026-11-21.", param, ctx)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the collector from looking through hundreds of thousands of events for cycles.

    They form none, and it would take a third of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@click.command()
@click.option("--from", "first", type=Day(), help="First day; four weeks when left out.")
@click.option("--to", "last", type=Day(), help="Last day; today when left out.")
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    help="Language of the report.",
    show_default=True,
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page; report.html unless --csv or --json is given.",
)
@click.option(
    "--csv",
    "csv_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for one CSV file a table.",
)
@json_option
@root_option
@explains_errors
def report(
    root: Path,
    first: date | None,
    last: date | None,
    lang: str,
    out: Path | None,
    csv_folder: Path | None,
    as_json: bool,
) -> None:
    """Report what people asked and what to write next."""
    settings = load_settings(ReadSettings, root)
    zone = ZoneInfo(settings.report.time_zone)
    last = last or datetime.now(zone).date()
    first = first or last - timedelta(days=DAYS - 1)
    if first > last:
        raise click.UsageError(f"--from {first} is after --to, {last}.")
    snapshot = open_snapshot(current_folder(root / settings.server.snapshots))
    database = open_database(settings.database.url, root=root)
    try:
        database.create_tables()
        with _without_collector():
            made = make_report(
                EventLog(database, settings.privacy).read,
                snapshot,
                Period(first, last, zone),
                settings.report,
                settings.parameters,
                lang,
            )
    finally:
        database.close()
    if out is None and csv_folder is None and not as_json:
        out = Path("report.html")
    if out is not None:
        replace_text(out, render_page(made))
        click.echo(out, err=as_json)
    if csv_folder is not None:
        for path in write_csv(made, csv_folder):
            click.echo(path, err=as_json)
    if as_json:
        click.echo(json.dumps(to_json(made), ensure_ascii=False, indent=1))
