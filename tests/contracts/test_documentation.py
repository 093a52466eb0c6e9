"""Every command, option, setting and problem code stands in the documents that promise it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

import kb_build
from kb_build.cli import main
from kb_build.front_matter import KEYS
from kb_build.settings import KbTables

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
FOR_EVERYBODY = {"--help", "-h"}


def documents() -> str:
    """Return the text of all documents."""
    return "\n".join((ROOT / name).read_text("utf-8") for name in DOCUMENTS)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command of `kb` as it is typed."""
    for name, command in main.commands.items():
        yield f"kb {name}", command
        if isinstance(command, click.Group):
            for inner_name, inner in command.commands.items():
                yield f"kb {name} {inner_name}", inner


def options() -> Iterator[tuple[str, str]]:
    """Yield command and option, but not those that all commands have."""
    for name, command in commands():
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                if option not in FOR_EVERYBODY:
                    yield name, option


def settings(table: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every setting as ``table.key``; a table that authors fill as ``table.*``."""
    for name, field in table.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and not prefix:
            yield from settings(inner, f"{name}.")
        else:
            yield f"{prefix}{name}" if prefix else f"{name}.*"


def problem_codes() -> list[str]:
    """Return every code that `kb_build` can report."""
    sources = Path(kb_build.__file__).parent.glob("**/*.py")
    found = (re.findall(r'"(KB[0-9]{3})"', path.read_text("utf-8")) for path in sources)
    return sorted({code for codes in found for code in codes})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_there(name: str) -> None:
    assert (ROOT / name).read_text("utf-8").startswith("# ")


@pytest.mark.parametrize("command", [name for name, _ in commands()])
def test_a_command_is_documented(command: str) -> None:
    assert re.search(rf"`{command}\b", documents())


@pytest.mark.parametrize(("command", "option"), list(options()))
def test_an_option_is_documented_with_its_command(command: str, option: str) -> None:
    if option == "--root":  # of all commands: told once
        assert f"`{option}`" in documents()
        return
    lines = [line for line in documents().split("\n") if f"`{command}" in line]
    assert any(re.search(rf"`[^`]*{option}\b[^`]*`", line) for line in lines), lines


@pytest.mark.parametrize("setting", list(settings(KbTables)))
def test_a_setting_is_documented(setting: str) -> None:
    assert f"`{setting}`" in documents()


@pytest.mark.parametrize("code", problem_codes())
def test_a_problem_code_is_explained(code: str) -> None:
    assert re.search(rf"^\| {code} \| \S+", documents(), re.MULTILINE)


def test_no_code_is_explained_that_does_not_exist() -> None:
    assert (
        sorted(set(re.findall(r"^\| (KB\d{3}) \|", documents(), re.MULTILINE))) == problem_codes()
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_front_matter_key_is_explained(key: str) -> None:
    assert re.search(rf"^\|.*`{key}`.*\| \S+", documents(), re.MULTILINE)


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = set(settings(KbTables))
    tables = {setting.split(".")[0] for setting in known}
    rows = re.findall(r"^\| (`[a-z_]+\.[^|]+) \|", documents(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_]+\.[a-z_*]+)`", row)}
    assert {name for name in named if name.split(".")[0] in tables} <= known


def test_every_command_and_option_has_a_help_text() -> None:
    for name, command in commands():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"
