"""A server killed at any moment loses no ticket that it acknowledged, and doubles none."""

from __future__ import annotations

import random
from pathlib import Path

from ticket_peers import receiving
from ticket_storm import CLIENTS, storm

from search_index.database import open_database
from search_index.intake import Intake
from search_index.tickets import TicketStore


def test_killed_at_random_moments_no_acknowledged_ticket_is_lost_or_doubled(
    database_url: str, tmp_path: Path
) -> None:
    chance = random.Random()
    waiting = tmp_path / "waiting"
    with receiving() as receiver:
        receiver.behave = lambda number: "ok" if number % 7 else chance.choice(["lost", "503"])
        outcome = storm(database_url, waiting, receiver, 16, chance)
    assert outcome.kills >= 16
    assert outcome.retries > 0  # it was killed while somebody waited for an answer
    assert all(len(numbers) > 3 for numbers in outcome.acknowledged)
    assert len(outcome.acknowledged) == CLIENTS
    assert outcome.lost == set()
    assert outcome.unknown == set()
    assert outcome.changed == 0
    assert outcome.out_of_order == 0
    database = open_database(database_url)
    assert Intake(TicketStore(database), waiting).waiting() == []
    assert not [path for path in waiting.glob(".*") if path.suffix == ".json"]
    database.close()
