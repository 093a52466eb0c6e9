"""Takes tickets in: into the database, or into a folder beside it while that is away.

A ticket is on disk before it is acknowledged. A file of ballast is kept so that a full disk still
has room for the tickets of somebody in trouble. It knows nothing of HTTP and of delivery.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from search_index.durable_file import write_durably
from search_index.errors import DatabaseError
from search_index.postgres_connection import HURRY_S
from search_index.tickets import (
    KeyReusedError,
    Receipt,
    Submission,
    TicketStore,
    hash_key,
    same_or_reused,
)

_LOG = logging.getLogger(__name__)

DATABASE_FAULTS = (DatabaseError, SQLAlchemyError)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_BLOCK = 4096  # of most file systems
_SLOW_S = 1.0
_SPARED_S = 10.0
"""For so long no ticket waits for a database that took longer than `_SLOW_S` to fail one."""


class IntakeError(Exception):
    """A ticket could be kept nowhere; nothing was written."""


class Intake:
    """Takes tickets in, whatever has failed.

    A database that fails at once is asked again at each ticket. One that is frozen costs the first
    ticket a few seconds; those after it go straight into the folder for a while.

    Args:
        store: tickets in the database.
        folder: for tickets while the database is away; on this machine's own disk.
        ballast_bytes: size of the file that gives way, bit by bit, when the disk is full; 0 for
            none.
    """

    def __init__(self, store: TicketStore, folder: Path, *, ballast_bytes: int = 0) -> None:
        self.store = store
        self._folder = folder
        self._ballast = folder / "ballast"
        self._ballast_bytes = ballast_bytes
        self._importing = Lock()
        self._database_is_away = False
        self._spared_until = 0.0
        self._refuses = False

    def submit(self, submission: Submission) -> Receipt:
        """Keep a ticket; it is on disk when this returns.

        Raises:
            KeyReusedError: the key is known with other parameters.
            IntakeError: it could be kept nowhere.
        """
        waiting = self._read(self._path(submission.key_hash))
        if waiting is not None:
            return same_or_reused(waiting, submission)
        started = time.monotonic()
        if started < self._spared_until:
            with suppress(IntakeError):  # then the database after all
                return self._keep(submission)
        try:
            self.import_waiting()  # first come, first served
            receipt = self.store.add(submission)
        except DATABASE_FAULTS as error:
            self._note_database(error)
            now = time.monotonic()
            if now - started > _SLOW_S:
                self._spared_until = now + _SPARED_S
            return self._keep(submission)
        self._note_database(None)
        return receipt

    def import_waiting(self) -> int:
        """Bring tickets that wait in the folder into the database, the oldest first.

        Returns:
            How many were brought in.

        Raises:
            DatabaseError: it is away, or slow with those that somebody brings in just now; what
                was not brought in stays in the folder.
        """
        brought = 0
        if not self.waiting():
            return brought
        with self._turn_to_import():
            found = [(self._read(path), path) for path in self.waiting()]
            readable = [(submission, path) for submission, path in found if submission is not None]
            readable.sort(key=lambda entry: entry[0].ticket.created_at_ms)
            for submission, path in readable:
                try:
                    receipt = self.store.add(submission)
                except KeyReusedError:
                    # Another server took the key with other words while the database was away.
                    # Both were acknowledged, so both are kept.
                    key_hash = hash_key(submission.key_hash + submission.fingerprint)
                    receipt = self.store.add(replace(submission, key_hash=key_hash))
                if receipt.ticket_id != submission.ticket.ticket_id:
                    _LOG.error(
                        "ticket %s is kept as %s: its number was taken",
                        submission.ticket.ticket_id,
                        receipt.ticket_id,
                    )
                path.unlink(missing_ok=True)
                brought += 1
        return brought

    @contextmanager
    def _turn_to_import(self) -> Iterator[None]:
        if not self._importing.acquire(timeout=HURRY_S):
            raise DatabaseError(
                "Waiting tickets are still being brought in.",
                code="DATABASE_UNAVAILABLE",
                remedy="Try again in a few seconds.",
            )
        try:
            yield
        finally:
            self._importing.release()

    def waiting(self) -> list[Path]:
        """Return the files of tickets that wait for the database."""
        try:
            return [
                self._folder / entry.name
                for entry in os.scandir(self._folder)
                if entry.name.endswith(".json") and not entry.name.startswith(".")
            ]
        except OSError:
            return []

    def make_ballast(self) -> None:
        """Make the ballast file, or make it whole again, if the disk has room for ten of it."""
        try:
            if not self._ballast_bytes or self._ballast_left() >= self._ballast_bytes:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self._folder).free < 10 * self._ballast_bytes:
                return
            self._ballast.unlink(missing_ok=True)
            # Random bytes: some file systems store zeros in no room at all.
            write_durably(self._ballast, os.urandom(self._ballast_bytes))
        except FileExistsError:
            pass  # another process made it
        except OSError as error:
            _LOG.warning("no ballast file in %s (%s)", self._folder, error.strerror)

    def _keep(self, submission: Submission) -> Receipt:
        """Write a ticket into the folder, if need be where the ballast was."""
        path = self._path(submission.key_hash)
        content = json.dumps(submission.to_json(), ensure_ascii=False).encode()
        try:
            self._write(path, content)
        except FileExistsError:  # the same key at the same moment
            waiting = self._read(path)
            if waiting is None:
                raise IntakeError from None
            return same_or_reused(waiting, submission)
        except OSError as error:
            self._note_refusal(error)
            raise IntakeError from error
        self._refuses = False
        return submission.receipt(is_new=True)

    def _write(self, path: Path, content: bytes) -> None:
        while True:
            try:
                write_durably(path, content)
            except OSError as error:
                if error.errno not in _FULL or not self._shrink_ballast(len(content)):
                    raise
            else:
                return

    def _shrink_ballast(self, needed: int) -> bool:
        """Free about ``needed`` bytes; return whether there was anything left to free.

        No more than that, or the database, which writes for others too, would take it all.
        """
        left = self._ballast_left()
        if not left:
            return False
        rounded = (needed // _BLOCK + 2) * _BLOCK  # and one for the name in the folder
        try:
            os.truncate(self._ballast, max(0, left - rounded))
        except OSError:
            return False
        if left >= self._ballast_bytes:
            _LOG.error("the disk is full: the ballast in %s gives way to tickets", self._folder)
        return True

    def _ballast_left(self) -> int:
        try:
            return self._ballast.stat().st_size
        except OSError:
            return 0

    def _path(self, key_hash: str) -> Path:
        return self._folder / f"{key_hash}.json"

    def _read(self, path: Path) -> Submission | None:
        try:
            return Submission.from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            # Files appear whole or not at all, so somebody else wrote this one.
            _LOG.error("%s is no waiting ticket (%s)", path.name, type(error).__name__)
            return None

    def _note_refusal(self, error: OSError) -> None:
        if not self._refuses:
            _LOG.critical("tickets are refused: they can be kept nowhere (%s)", error.strerror)
        self._refuses = True

    def _note_database(self, error: Exception | None) -> None:
        """Log when the database goes and when it comes back, not at every ticket."""
        if error is not None and not self._database_is_away:
            _LOG.error("tickets go into %s: %s", self._folder, type(error).__name__)
        if error is None and self._database_is_away:
            _LOG.warning("tickets go into the database again")
        self._database_is_away = error is not None
