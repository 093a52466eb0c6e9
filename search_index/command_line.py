"""What commands share: how a failure is told, and common options. Knows no command."""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from search_index.errors import KbError
from search_index.settings import CONFIG_NAME

Command = TypeVar("Command", bound=Callable[..., Any])


class KbFailure(click.ClickException):
    """A `KbError` on the command line: message and remedy, no traceback, exit status 1."""

    def __init__(self, error: KbError) -> None:
        super().__init__(str(error))
        self._error = error

    def show(self, file: Any = None) -> None:
        """Print to standard error."""
        click.echo(f"error[{self._error.code}]: {self._error.message}", err=True)
        click.echo(f"  → {self._error.remedy}", err=True)


def explains_errors(command: Command) -> Command:
    """Turn a `KbError`, and a file that cannot be read or written, into a message for people."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KbError as exc:
            raise KbFailure(exc) from exc
        except OSError as exc:
            if exc.errno == errno.EPIPE:  # `kb … | head`: click ends quietly
                raise
            # A full disk is noticed by a write, which names no file; of a copy, it is the second.
            name = exc.filename2 or exc.filename
            where = f"{name}: " if name else ""
            error = KbError(
                f"{where}{exc.strerror or exc}.",
                code="FILE_ERROR",
                remedy="Check the path, its permissions and the space left.",
            )
            raise KbFailure(error) from exc

    return cast(Command, wrapper)


def _with_config(context: click.Context, option: click.Parameter, root: Path) -> Path:
    """Refuse a folder without kb.toml, before a command finds nothing there or writes into it."""
    if not (root / CONFIG_NAME).exists():
        raise click.BadParameter(
            f"there is no {CONFIG_NAME} in {root.resolve()}. Go to the folder of the help centre, "
            "or name it with --root.",
            context,
            option,
        )
    return root


def root_option(command: Command) -> Command:
    """Add ``--root``: the folder with kb.toml."""
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        callback=_with_config,
        default=".",
        help="Folder that holds kb.toml.",
        show_default=True,
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
