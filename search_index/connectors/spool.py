"""Delivers tickets as files into a folder, for operators whose own program fetches them there."""

from __future__ import annotations

import json
from pathlib import Path

from search_index.connectors import Retry
from search_index.durable_file import write_durably
from search_index.tickets import Ticket


class SpoolConnector:
    """Writes ``<number>.json``; whoever fetches one deletes or moves it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, ticket: Ticket) -> str:
        """See `Connector`; the file is whole and on disk when this returns."""
        name = f"{ticket.ticket_id}.json"
        content = json.dumps(ticket.to_delivery(), ensure_ascii=False, indent=1) + "\n"
        try:
            write_durably(self._folder / name, content.encode())
        except FileExistsError:  # the same ticket: its delivery was not noted the last time
            pass
        except OSError:
            raise Retry("FOLDER") from None
        return name
