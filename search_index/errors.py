"""The errors that reach a person, each with what to do; knows nothing of where they show."""

from __future__ import annotations


class KbError(Exception):
    """A failure that a person can act on: never shown as a traceback.

    Args:
        message: what was wrong and where.
        code: stable upper-case identifier, e.g. ``SNAPSHOT_CORRUPT``.
        remedy: one sentence that says what to do next.
    """

    def __init__(self, message: str, *, code: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class SnapshotError(KbError):
    """A snapshot is missing, damaged or made for another version of this software."""


class SettingsError(KbError):
    """kb.toml, the environment or a flag holds values that cannot be used."""


class EncoderError(KbError):
    """The query encoder cannot be opened or does not match the snapshot."""


class DatabaseError(KbError):
    """The database cannot be reached, opened or written."""


class NoticeError(KbError):
    """A notice cannot be shown: what it says, or the file it stands in."""


def line_of(error: UnicodeDecodeError) -> int:
    """Return the 1-based line of the first byte that is not UTF-8."""
    return error.object.count(b"\n", 0, error.start) + 1
