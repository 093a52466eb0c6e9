"""Reads settings from kb.toml, KB_* variables and flags into one frozen object.

It knows nothing of what the values mean to the modules that use them.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from search_index.errors import SettingsError, line_of

CONFIG_NAME = "kb.toml"
_PASSWORD = re.compile(r"://[^/\s]*@")
# Of table [tickets]; they come from variables alone, which `connectors.factory` reads.
_SECRETS = ("webhook_secret", "smtp_password", "chatwoot_token", "zendesk_token")
# What an operator reads in place of the library's words; "{…}" is the error's own context.
_COMPLAINTS = {
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": "must be a table",
    "timezone_aware": "needs a time zone, like 2026-11-21T18:00:00+08:00",
}


class Frozen(BaseModel):
    """Base of all settings tables: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def split_entries(value: Any) -> Any:
    """Return the entries of a ``KB_*`` variable; a list stays as it is."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


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
    # Only these may say by X-Forwarded-For on whose behalf they ask.
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(split_entries)] = (
        "127.0.0.1",
        "::1",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                ipaddress.ip_network(entry)
            except ValueError:
                raise ValueError(
                    "must hold addresses or networks, like '10.0.0.5' or '10.0.0.0/24'"
                ) from None
        return value


class ResponseTargets(BaseModel):
    """How soon support answers, of table ``[parameters]``; its other entries are for articles.

    Each is one text for both languages, or one for each.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    response_general: str | dict[str, str] = ""
    response_technical: str | dict[str, str] = ""
    response_urgent: str | dict[str, str] = ""

    def text(self, response_class: str, lang: str) -> str:
        """Return the target of a class in a language; "" where the operator gives none."""
        target: str | dict[str, str] = getattr(self, f"response_{response_class}")
        return target if isinstance(target, str) else target.get(lang, "")


class DatabaseSettings(Frozen):
    """Table ``[database]``: where events and tickets are kept."""

    url: str = "sqlite:///data/wenlu.sqlite"


class PrivacySettings(Frozen):
    """Table ``[privacy]``: which texts of users are kept, and for how long."""

    store_queries: bool = True
    keep_text_days: Annotated[int, Field(ge=1, le=3650)] = 90
    keep_ticket_days: Annotated[int, Field(ge=1, le=3650)] = 180
    keep_dead_ticket_days: Annotated[int, Field(ge=1, le=3650)] = 90


class LimitSettings(Frozen):
    """Table ``[limits]``: how often one client address may ask; 0 is no limit."""

    searches_per_s: Annotated[int, Field(ge=0, le=10_000)] = 10
    events_per_min: Annotated[int, Field(ge=0, le=10_000)] = 30
    tickets_per_10_min: Annotated[int, Field(ge=0, le=10_000)] = 5


class NoticeSettings(Frozen):
    """Table ``[notice]``: what every page says at the top, in both languages; none if empty."""

    zh: str = ""
    en: str = ""
    level: Literal["info", "warning", "incident"] = "info"
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _both_languages(self) -> Self:
        if bool(self.zh.strip()) != bool(self.en.strip()):
            raise ValueError("needs both zh and en, or neither")
        return self


class TicketSettings(Frozen):
    """Table ``[tickets]``: where tickets go. Passwords and tokens come from variables alone."""

    connector: Literal["spool", "webhook", "smtp", "chatwoot", "zendesk"] = "spool"
    folder: str = "data/spool"
    ballast_mb: Annotated[int, Field(ge=0, le=1024)] = 4
    url: str = ""
    webhook_expects_echo: bool = False
    smtp_host: str = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_from: str = ""
    smtp_to: str = ""
    chatwoot_account: Annotated[int, Field(ge=0)] = 0
    chatwoot_inbox: Annotated[int, Field(ge=0)] = 0
    zendesk_user: str = ""
    allowed_networks: Annotated[
        tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...], BeforeValidator(split_entries)
    ] = ()
    allow_insecure_loopback: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 10
    max_attempts: Annotated[int, Field(ge=1, le=100_000)] = 700
    longest_wait_s: Annotated[int, Field(ge=1, le=86_400)] = 300
    uid_pattern: str = "[0-9]{4,20}"
    uid_example: str = "12345678"

    @field_validator("uid_pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"is no regular expression: {exc}") from exc
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key in _NEEDED[self.connector]:
            if not getattr(self, key):
                raise ValueError(f'connector "{self.connector}" needs {key}')
        if self.url and not self.url.startswith("https://"):
            is_local = self.url.startswith("http://") and self.allow_insecure_loopback
            if not is_local:
                raise ValueError("url must begin with https://")
        if not re.fullmatch(self.uid_pattern, self.uid_example):
            raise ValueError("uid_example does not fit uid_pattern")
        return self


_NEEDED: dict[str, tuple[str, ...]] = {
    "spool": (),
    "webhook": ("url",),
    "smtp": ("smtp_host", "smtp_from", "smtp_to"),
    "chatwoot": ("url", "chatwoot_account", "chatwoot_inbox"),
    "zendesk": ("url", "zendesk_user"),
}


class ReportSettings(Frozen):
    """Table ``[report]``: what `kb report` shows."""

    time_zone: str = "Asia/Shanghai"
    least_sessions: Annotated[int, Field(ge=1, le=1000)] = 3
    stale_after_days: Annotated[int, Field(ge=1, le=3650)] = 180

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                "must name a time zone like 'Asia/Shanghai' (package tzdata holds them)"
            ) from None


class ServingTables(Frozen):
    """The tables of kb.toml that both sides know: how the endpoint is served."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    privacy: PrivacySettings = PrivacySettings()
    report: ReportSettings = ReportSettings()
    limits: LimitSettings = LimitSettings()
    notice: NoticeSettings = NoticeSettings()
    tickets: TicketSettings = TicketSettings()


class ReadSettings(ServingTables):
    """The part of kb.toml that the read side uses; tables of the write side are passed over."""

    model_config = ConfigDict(extra="ignore")
    parameters: ResponseTargets = ResponseTargets()


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
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise SettingsError(
            f"{CONFIG_NAME}:{line_of(exc)}: the file is not UTF-8 ({exc.reason}).",
            code="SETTINGS_SYNTAX",
            remedy="Save it as UTF-8.",
        ) from exc
    except tomllib.TOMLDecodeError as exc:
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
            for key, value in _variables(environ, f"KB_{name}_".upper(), table):
                _put(values, name, key, value)
    for name, entries in (flags or {}).items():
        for key, value in entries.items():
            if value is not None:
                _put(values, name, key, value)
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        lines = "\n".join(f"  {_explain(error, model)}" for error in exc.errors())
        raise SettingsError(
            f"{CONFIG_NAME} (or a KB_* variable or flag) cannot be used:\n{lines}",
            code="SETTINGS_INVALID",
            remedy="Mend these values; CONTRIBUTING.md lists every setting.",
        ) from exc


def _variables(
    environ: Mapping[str, str], prefix: str, table: type[BaseModel]
) -> Iterator[tuple[str, str]]:
    """Yield key and value of each variable of a table, whether there is such a key or not."""
    secrets = _SECRETS if table is TicketSettings else ()
    for variable in sorted(environ):
        key = variable.removeprefix(prefix).lower()
        if variable.startswith(prefix) and key not in secrets:
            yield key, environ[variable]


def _put(values: dict[str, Any], name: str, key: str, value: Any) -> None:
    table = values.setdefault(name, {})
    if isinstance(table, dict):  # if not, it is reported with the other bad values
        table[key] = value


def _explain(error: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in error["loc"]]
    name = ".".join(location)
    if error["type"] == "missing":
        return f"{name}: is missing."
    if error["type"] != "extra_forbidden":
        known_words = _COMPLAINTS.get(error["type"])
        message = known_words.format(**error.get("ctx", {})) if known_words else error["msg"]
        given = error["input"]
        shown = repr(given) if isinstance(given, str | int | float | list | dict) else str(given)
        message = message.removeprefix("Value error, ")
        return f"{name}: {message} (got {_PASSWORD.sub('://***@', shown)})"
    if location[0] == "tickets" and location[-1] in _SECRETS:
        variable = f"KB_{'_'.join(location)}".upper()
        return f"{name}: a secret must not stand here. Set the variable {variable}."
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
