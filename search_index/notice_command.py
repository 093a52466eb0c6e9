"""The command ``kb notice``: shows, sets or takes off the notice of a running server."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import cast

import click

from search_index.command_line import explains_errors, json_option, root_option
from search_index.errors import NoticeError
from search_index.notice import LEVELS, Level, Notice, NoticeBoard, check_notice
from search_index.settings import ReadSettings, load_settings


@click.command()
@click.argument("zh", required=False)
@click.argument("en", required=False)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="How grave it is.  [default: info]",
)
@click.option("--until", help="When it goes by itself: 2026-11-21T18:00+08:00.")
@click.option("--off", is_flag=True, help="Take it off; kb.toml's too, until that is changed.")
@json_option
@root_option
@explains_errors
def notice(
    root: Path,
    zh: str | None,
    en: str | None,
    level: str | None,
    until: str | None,
    off: bool,
    as_json: bool,
) -> None:
    """Show a notice on every page at once. ZH and EN are its texts in Chinese and English.

    Without texts it prints the notice of the moment.
    """
    settings = load_settings(ReadSettings, root)
    board = NoticeBoard.beside(root / settings.server.snapshots, settings.notice)
    if off and zh is not None:
        raise click.UsageError("Give texts or --off, not both.")
    if (zh is None) != (en is None):
        raise click.UsageError("Give the text in both languages: kb notice ZH EN.")
    if zh is None and (level or until):
        raise click.UsageError("--level and --until need the texts: kb notice ZH EN.")
    if off:
        board.take_off()
    elif zh is not None and en is not None:
        board.put(check_notice(zh, en, cast(Level, level or "info"), _moment(until)))
    shown = board.current()
    if as_json:
        click.echo(json.dumps(shown and asdict(shown), ensure_ascii=False))
    else:
        _print(shown)


def _print(shown: Notice | None) -> None:
    if shown is None:
        click.echo("no notice")
        return
    until = ""
    if shown.until_s is not None:
        until = f" until {datetime.fromtimestamp(shown.until_s).astimezone():%Y-%m-%d %H:%M %z}"
    click.echo(f"{shown.level}{until}\n  zh  {shown.zh}\n  en  {shown.en}")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment <= datetime.now(moment.tzinfo):
        raise NoticeError(
            "--until is not a moment in the future with its time zone.",
            code="NOTICE_UNTIL",
            remedy="Write it like 2026-11-21T18:00+08:00.",
        )
    return moment
