"""The write side's settings: kb.toml and the environment in, one frozen object out.

It knows nothing of articles; it only says where they are and what their parameters mean.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator

from search_index.settings import Frozen, ServingTables, load_settings, split_entries

LANGUAGES: tuple[str, ...] = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
HTML_LANG = {"zh": "zh-CN", "en": "en"}
CATEGORIES: tuple[str, ...] = (
    "registration",
    "transfers",
    "security",
    "recovery",
    "trading",
    "payments",
    "support",
)

NonEmpty = Annotated[str, Field(min_length=1)]


class PerLanguage(Frozen):
    """A text in both languages."""

    zh: NonEmpty
    en: NonEmpty

    def __getitem__(self, lang: str) -> str:
        return str(getattr(self, lang))


def _in_both_languages(value: Any) -> Any:
    """Return a plain value once for each language; a table stays as it is."""
    if isinstance(value, dict | PerLanguage):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError('must be a text, a number or a table { zh = "…", en = "…" }')
    if not str(value).strip():
        raise ValueError("must not be empty")
    return {lang: str(value) for lang in LANGUAGES}


InBothLanguages = Annotated[PerLanguage, BeforeValidator(_in_both_languages)]


class SiteSettings(Frozen):
    """Table ``[site]``: the operator's name and address."""

    name: InBothLanguages = PerLanguage(zh="帮助中心", en="Help Centre")
    product: InBothLanguages = PerLanguage(zh="本平台", en="the platform")
    url: str = "http://127.0.0.1:8000/"

    @field_validator("url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or not value.endswith("/"):
            raise ValueError("must be an absolute http(s) address that ends with a slash")
        return value


class BuildTable(Frozen):
    """Table ``[build]``: where files are read and written, and the embedding model."""

    docs: str = "docs"
    cache: str = "build/cache"
    # A folder or hub id that sentence-transformers can load, or the packaged default.
    model: NonEmpty = "packaged:multilingual-e5-small"
    keep_snapshots: Annotated[int, Field(ge=1, le=100)] = 3


class LinksTable(Frozen):
    """Table ``[links]``: where articles may lead readers outside of this site."""

    allowed: Annotated[tuple[NonEmpty, ...], BeforeValidator(split_entries)] = ()

    @field_validator("allowed")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("/" in host for host in value):
            raise ValueError("must hold hosts, like 'www.example.org', without 'https://'")
        return tuple(host.lower() for host in value)


class KbTables(ServingTables):
    """All tables of kb.toml, as the write side sees them."""

    site: SiteSettings = SiteSettings()
    parameters: dict[str, InBothLanguages] = Field(default_factory=dict)
    links: LinksTable = LinksTable()
    build: BuildTable = BuildTable()


class KbSettings(KbTables):
    """The tables of kb.toml and the folder that its relative paths start from."""

    root: Path

    @property
    def docs_dir(self) -> Path:
        """Folder with ``zh/``, ``en/`` and ``_data/``."""
        return self.root / self.build.docs

    @property
    def data_dir(self) -> Path:
        """Operator's data, kept out of the site."""
        return self.docs_dir / "_data"

    @property
    def cache_dir(self) -> Path:
        """Folder for converted models and vectors; safe to delete."""
        return self.root / self.build.cache

    @property
    def snapshots_dir(self) -> Path:
        """Folder of snapshots and of the pointer ``CURRENT``."""
        return self.root / self.server.snapshots

    @property
    def site_dir(self) -> Path:
        """Folder of the built site."""
        return self.root / self.server.site

    @property
    def site_url(self) -> str:
        """Public address of the help centre, with the closing slash."""
        return self.site.url

    @property
    def base_path(self) -> str:
        """Path part of the public address: ``/`` or ``/help/``."""
        return urlsplit(self.site.url).path or "/"

    def shown(self, path: Path) -> str:
        """Return a file as messages name it: from the folder of kb.toml, if it lies below."""
        inside = path.is_relative_to(self.root)
        return (path.relative_to(self.root) if inside else path).as_posix()

    @cached_property
    def parameters_by_language(self) -> dict[str, dict[str, str]]:
        """Parameter texts: language → name → value."""
        return {
            lang: {name: value[lang] for name, value in self.parameters.items()}
            for lang in LANGUAGES
        }


def load_kb_settings(root: Path, *, flags: dict[str, dict[str, Any]] | None = None) -> KbSettings:
    """Read kb.toml below ``root``, the ``KB_*`` variables and ``flags``.

    Raises:
        SettingsError: values that cannot be used, all named at once.
    """
    tables = load_settings(KbTables, root, flags=flags)
    return KbSettings(root=root.resolve(), **dict(tables))
