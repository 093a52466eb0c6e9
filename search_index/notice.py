"""The notice that all pages show at the top when many people have the same trouble.

kb.toml gives one; `kb notice` overrides it while the server runs. Plain text without any link,
address or number to call: nobody may learn to trust those in a banner. Knows no HTTP.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from search_index.durable_file import replace_text
from search_index.errors import KbError, NoticeError
from search_index.secrets import find_secret, redact
from search_index.settings import NoticeSettings

Level = Literal["info", "warning", "incident"]
LEVELS: tuple[Level, ...] = ("info", "warning", "incident")
LONGEST_TEXT = 300
FILE_NAME = "notice.json"

# A host (t.me, 例子.中国), an address, a handle, four numbers with dots.
_LINK = re.compile(r"://|www\.|@|[\w-]\.[^\W\d_]{2,}|\d+\.\d+\.\d+\.\d+", re.I)
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said, in both languages, until a moment (seconds since 1970) or until taken off."""

    zh: str
    en: str
    level: Level = "info"
    until_s: float | None = None

    def text(self, lang: str) -> str:
        """Return what it says in a language."""
        return self.en if lang == "en" else self.zh


def check_notice(zh: str, en: str, level: Level, until: datetime | None) -> Notice:
    """Return the notice.

    Raises:
        NoticeError: a text is missing or too long, or holds a secret, a link or an address.
    """
    for name, text in (("Chinese", zh), ("English", en)):
        found = _why_not(text)
        if found:
            raise NoticeError(f"The {name} text {found[0]}.", code="NOTICE_TEXT", remedy=found[1])
    return Notice(zh.strip(), en.strip(), level, until.timestamp() if until else None)


def notice_of(settings: NoticeSettings) -> Notice | None:
    """Return the notice of kb.toml, if it has one.

    Raises:
        NoticeError: see `check_notice`.
    """
    if not settings.zh.strip():
        return None
    return check_notice(settings.zh, settings.en, settings.level, settings.until)


def _why_not(text: str) -> tuple[str, str] | None:
    """Return why a text cannot be shown and what to do; None if it can."""
    plain = unicodedata.normalize("NFKC", text)
    if not text.strip():
        return "is missing", "Give both languages."
    if len(text) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT} characters", "Say what happened, and till when."
    if any(unicodedata.category(character)[0] == "C" for character in text):
        return "holds control or invisible characters", "Write one line of plain text."
    if find_secret(text):
        return "holds a recovery phrase or key", "Treat it as leaked: see KB-0094."
    if _LINK.search(plain):
        return (
            "holds a link or an address",
            "Write plain text; name the article or the menu where people find more.",
        )
    if redact(text) != text:
        return "holds a phone, card or other number of a person", "Leave it out."
    return None


class NoticeBoard:
    """The notice of the moment.

    Args:
        file: what `kb notice` wrote; need not exist.
        configured: the notice of kb.toml.
        clock: seconds since 1970.
    """

    def __init__(
        self, file: Path, configured: Notice | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._configured = configured
        self._clock = clock
        self._looked_at_s = float("-inf")
        self._found: Notice | None = None

    @classmethod
    def beside(cls, snapshots: Path, settings: NoticeSettings) -> NoticeBoard:
        """Return the board whose file lies beside the folder of snapshots.

        Raises:
            NoticeError: the notice of kb.toml cannot be shown.
        """
        return cls(snapshots.parent / FILE_NAME, notice_of(settings))

    def current(self) -> Notice | None:
        """Return the notice, or None. A change is seen within a second; a bad file is no notice."""
        now_s = self._clock()
        if not 0 <= now_s - self._looked_at_s < _LOOK_AGAIN_S:
            try:
                self._found = self._read()
            except (OSError, ValueError, TypeError, KeyError, KbError):
                self._found = None
            self._looked_at_s = now_s
        found = self._found
        return None if found and found.until_s and found.until_s <= now_s else found

    def put(self, notice: Notice) -> None:
        """Show ``notice`` from now on, in place of kb.toml's."""
        self._write({"notice": asdict(notice)})

    def take_off(self) -> None:
        """Show none from now on; a new one in kb.toml is shown again."""
        self._write({"off": self._configured and asdict(self._configured)})

    def _read(self) -> Notice | None:
        """Return what the file says; kb.toml's notice if there is no file."""
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return self._configured
        if "off" in content:
            silenced = content["off"]
            configured = self._configured and asdict(self._configured)
            return None if silenced == configured else self._configured
        shown = content["notice"]
        until_s = shown["until_s"]
        until = None if until_s is None else datetime.fromtimestamp(until_s).astimezone()
        if shown["level"] not in LEVELS:
            raise ValueError("level")
        return check_notice(shown["zh"], shown["en"], cast(Level, shown["level"]), until)

    def _write(self, content: object) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(self._file, json.dumps(content, ensure_ascii=False) + "\n")
        self._looked_at_s = float("-inf")
