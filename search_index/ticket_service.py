"""Everything that takes and delivers tickets, opened from the settings and closed together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from search_index.connectors.factory import open_connector
from search_index.database import Database
from search_index.intake import Intake
from search_index.outbox import DAY_MS, Outbox, Policy
from search_index.settings import PrivacySettings, TicketSettings
from search_index.ticket_fields import UidRule
from search_index.tickets import TicketStore


class TicketService:
    """Intake and outbox of one process.

    Args:
        settings: table ``[tickets]``.
        privacy: how long texts are kept.
        root: folder that relative paths start from.
        database: may be away; tickets wait in a folder then.
        environ: variables with the connector's secrets.

    Raises:
        SettingsError: a secret is missing.
    """

    def __init__(
        self,
        settings: TicketSettings,
        privacy: PrivacySettings,
        root: Path,
        database: Database,
        environ: Mapping[str, str],
    ) -> None:
        connector = open_connector(settings, root, environ)
        self.store = TicketStore(database)
        self.intake = Intake(
            self.store,
            root / settings.folder / "waiting",
            ballast_bytes=settings.ballast_mb * 1024 * 1024,
        )
        policy = Policy(
            max_attempts=settings.max_attempts,
            cap_ms=settings.longest_wait_s * 1000,
            keep_ms=privacy.keep_ticket_days * DAY_MS,
            keep_dead_ms=privacy.keep_dead_ticket_days * DAY_MS,
        )
        self.outbox = Outbox(self.intake, connector, policy)
        self.uid_rule = UidRule(settings.uid_pattern, settings.uid_example)

    def start(self) -> None:
        """Deliver in the background until `close`."""
        self.outbox.start()

    def close(self) -> None:
        """End the delivery after the ticket it is at."""
        self.outbox.close()

    def counts(self) -> dict[str, int]:
        """Return tickets by state; ``waiting`` are those beside the database.

        Raises:
            DatabaseError: it is away.
        """
        return {**self.store.counts(), "waiting": len(self.intake.waiting())}
