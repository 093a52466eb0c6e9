"""Kills a server again and again while people write tickets, and counts what became of them.

    python benchmarks/tickets.py                      # SQLite, 200 kills
    python benchmarks/tickets.py --url postgresql://… --kills 50

The ticket system it delivers to runs here, and fails one request in seven: it takes the ticket and
resets the connection, or answers 503. Exit status 1 if a ticket was lost, doubled or out of order.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from ticket_peers import receiving  # noqa: E402
from ticket_storm import storm  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--url", help="database; a SQLite file in a temporary folder if missing")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, receiving() as receiver:
        receiver.behave = lambda number: "ok" if number % 7 else chance.choice(["lost", "503"])
        url = arguments.url or f"sqlite:///{folder}/wenlu.sqlite"
        outcome = storm(url, Path(folder) / "waiting", receiver, arguments.kills, chance)
    figures = {
        "kills": outcome.kills,
        "acknowledged": sum(map(len, outcome.acknowledged)),
        "answers lost, sent again": outcome.retries,
        "lost": len(outcome.lost),
        "duplicates": len(outcome.unknown),
        "keys with two answers": outcome.changed,
        "clients out of order": outcome.out_of_order,
        "seconds": round(time.monotonic() - started, 1),
    }
    for name, figure in figures.items():
        print(f"{name:26}{figure:>8}")
    wrong = outcome.lost or outcome.unknown or outcome.changed or outcome.out_of_order
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
