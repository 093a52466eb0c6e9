"""Reads settings from kb.toml, KB_* variables and flags into one frozen object.

It knows nothing of what the values mean to the modules that use them.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from search_index.errors import SettingsError

CONFIG_NAME = "kb.toml"


class Frozen(BaseModel):
    """Base of all settings tables: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Frozen):
    """Table ``[server]``: how the search endpoint is served."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    snapshots: str = "build/snapshots"
    site: str = "build/site"
    search_threads: Annotated[int, Field(ge=1, le=64)] = 2
    queue_length: Annotated[int, Field(ge=1, le=1000)] = 16
    deadline_ms: Annotated[int, Field(ge=50, le=60_000)] = 500
    vector_cache_entries: Annotated[int, Field(ge=0, le=1_000_000)] = 4096


class ReadSettings(BaseModel):
    """The part of kb.toml that the read side uses; tables of the write side are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    server: ServerSettings = ServerSettings()


Settings = TypeVar("Settings", bound=BaseModel)


def read_config(root: Path) -> dict[str, Any]:
    """Return the parsed ``kb.toml`` below ``root``, or an empty mapping when there is none.

    Raises:
        SettingsError: the file is not valid TOML or not UTF-8.
    """
    path = root / CONFIG_NAME
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(
            f"{CONFIG_NAME}: {exc}",
            code="SETTINGS_SYNTAX",
            remedy="Mend the line; see https://toml.io for the syntax.",
        ) from exc


def load_settings(
    model: type[Settings],
    root: Path,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Build ``model`` from defaults < kb.toml < ``KB_<TABLE>_<KEY>`` variables < ``flags``.

    Args:
        model: pydantic model whose fields are the tables of kb.toml.
        root: folder that holds kb.toml.
        environ: variables to read; the process environment when omitted.
        flags: table → key → value, from the command line; ``None`` values are ignored.

    Raises:
        SettingsError: one or more values cannot be used; all of them are named at once.
    """
    values = read_config(root)
    if environ is None:
        environ = os.environ
    for name, field in model.model_fields.items():
        table = field.annotation
        if isinstance(table, type) and issubclass(table, BaseModel):
            for key in table.model_fields:
                variable = f"KB_{name}_{key}".upper()
                if variable in environ:
                    _put(values, name, key, environ[variable])
    for name, entries in (flags or {}).items():
        for key, value in entries.items():
            if value is not None:
                _put(values, name, key, value)
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        lines = "\n".join(f"  {_explain(error, model)}" for error in exc.errors())
        raise SettingsError(
            f"{CONFIG_NAME} (or a KB_* variable or flag) cannot be used:\n{lines}\n",
            code="SETTINGS_INVALID",
            remedy="Mend these values; CONTRIBUTING.md lists every setting.",
        ) from exc


def _put(values: dict[str, Any], name: str, key: str, value: Any) -> None:
    table = values.setdefault(name, {})
    if isinstance(table, dict):  # if not, it is reported with the other bad values
        table[key] = value


def _explain(error: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in error["loc"]]
    name = ".".join(location)
    if error["type"] != "extra_forbidden":
        message = error["msg"].removeprefix("Value error, ")
        return f"{name}: {message} (got {error['input']!r})"
    known = _known_keys(model, location[:-1])
    close = difflib.get_close_matches(location[-1], known, n=1)
    if close:
        return f"{name}: unknown key. Did you mean {close[0]!r}?"
    return f"{name}: unknown key." + (f" Known here: {', '.join(sorted(known))}." if known else "")


def _known_keys(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        field = model.model_fields.get(part)
        table = field.annotation if field else None
        if not (isinstance(table, type) and issubclass(table, BaseModel)):
            return []
        model = table
    return list(model.model_fields)
