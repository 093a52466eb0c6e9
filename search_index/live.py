"""Keeps the searcher of the live snapshot and replaces it when the pointer moves.

A snapshot that cannot be used never takes the place of one that works. Knows no HTTP.
"""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event, Lock, Thread

from search_index.errors import KbError
from search_index.searcher import Searcher
from search_index.snapshot import current_folder, open_snapshot

_LOG = logging.getLogger(__name__)


class LiveSearcher:
    """The searcher that the pointer ``CURRENT`` names.

    Args:
        snapshots: folder of snapshots and pointer.
        cache_entries: see `Searcher`.
    """

    def __init__(self, snapshots: Path, *, cache_entries: int = 4096) -> None:
        self._snapshots = snapshots
        self._cache_entries = cache_entries
        self._searcher: Searcher | None = None
        self._refused: str | None = None
        self._opening = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    @property
    def searcher(self) -> Searcher | None:
        """The searcher in use; None before the first snapshot was opened."""
        return self._searcher

    def open(self) -> Searcher:
        """Open the live snapshot.

        Raises:
            KbError: there is none, or it cannot be used.
        """
        with self._opening:
            folder = current_folder(self._snapshots)
            if self._searcher is None or self._searcher.snapshot_id != folder.name:
                self._searcher = Searcher.of(
                    open_snapshot(folder), cache_entries=self._cache_entries
                )
            return self._searcher

    def refresh(self) -> bool:
        """Open the live snapshot if it changed; keep the old one if it cannot be used.

        Returns:
            True when another snapshot is now in use.
        """
        before = self._searcher
        try:
            after = self.open()
        except (KbError, OSError) as exc:  # OSError: a build removed files while they were read
            if str(exc) != self._refused:  # once for each fault, not once a second
                self._refused = str(exc)
                _LOG.error("%s The snapshot in use stays.", exc)
            return False
        self._refused = None
        return after is not before

    def watch(self, interval_s: float = 1.0) -> None:
        """Look at the pointer every ``interval_s`` seconds, in a thread, until `close`."""

        def run() -> None:
            while not self._stop.wait(interval_s):
                if self.refresh():
                    _LOG.info("snapshot %s is live", self._searcher and self._searcher.snapshot_id)

        self._thread = Thread(target=run, name="snapshot-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread of `watch`."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=5)
