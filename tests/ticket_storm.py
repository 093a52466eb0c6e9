"""Clients that write tickets while their server is killed again and again, and what became of it.

Used by the tests and by benchmarks/tickets.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from ticket_peers import Receiver

CLIENTS = 3


@dataclass
class Outcome:
    """What clients were told and what the ticket system has.

    Attributes:
        acknowledged: for each client the numbers it was told, in order.
        changed: keys that were told two numbers.
        taken: numbers the ticket system has, in the order in which it got them.
        retries: requests whose answer was lost, sent again with their key.
        kills: how often the server was killed.
    """

    acknowledged: list[list[str]] = field(default_factory=list)
    changed: int = 0
    taken: list[str] = field(default_factory=list)
    retries: int = 0
    kills: int = 0

    @property
    def lost(self) -> set[str]:
        """Numbers that were told and never arrived."""
        return {number for numbers in self.acknowledged for number in numbers} - set(self.taken)

    @property
    def unknown(self) -> set[str]:
        """Numbers that arrived and were told nobody: second tickets of one request."""
        return set(self.taken) - {number for numbers in self.acknowledged for number in numbers}

    @property
    def out_of_order(self) -> int:
        """Clients whose tickets did not arrive in their order."""
        place = {number: index for index, number in enumerate(self.taken)}
        return sum(
            numbers != sorted(numbers, key=lambda number: place.get(number, -1))
            for numbers in self.acknowledged
        )


def storm(url: str, folder: Path, receiver: Receiver, kills: int, chance: random.Random) -> Outcome:
    """Kill the server ``kills`` times while clients write; then let it deliver what is left.

    A kill shows nothing unless somebody waited for an answer, so it goes on until one was.
    """
    script = Path(__file__).with_name("ticket_server.py")
    command = [sys.executable, str(script), url, str(folder), f"{receiver.url}/hook"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        address = f"http://127.0.0.1:{int(server.stdout.readline())}/api/tickets"
        outcome = Outcome(acknowledged=[[] for _ in range(CLIENTS)])
        stop = threading.Event()
        clients = [
            threading.Thread(target=_write, args=(address, number, outcome, stop))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        try:
            while outcome.kills < kills or (not outcome.retries and outcome.kills < 8 * kills):
                child = _start(server)
                if chance.random() < 0.8:  # else it may be killed before it serves
                    _wait_for_tickets(outcome)
                time.sleep(chance.uniform(0, 0.15))
                _kill(server, child)
                outcome.kills += 1
            child = _start(server)
            stop.set()
            for client in clients:
                client.join()
            deadline = time.monotonic() + 30
            while outcome.lost and time.monotonic() < deadline:
                outcome.taken = list(receiver.taken)
                time.sleep(0.05)
            _kill(server, child)
        finally:
            stop.set()
            server.stdin.close()
    outcome.taken = list(receiver.taken)
    return outcome


def _start(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    assert server.stdin is not None
    server.stdin.write("\n")
    return int(server.stdout.readline())


def _wait_for_tickets(outcome: Outcome) -> None:
    """Wait until it serves again, however busy this machine is."""
    before = sum(map(len, outcome.acknowledged))
    deadline = time.monotonic() + 5
    while sum(map(len, outcome.acknowledged)) == before and time.monotonic() < deadline:
        time.sleep(0.005)


def _kill(server: subprocess.Popen[str], child: int) -> None:
    assert server.stdout is not None
    os.kill(child, signal.SIGKILL)
    assert server.stdout.readline() == "gone\n"


def _write(address: str, client: int, outcome: Outcome, stop: threading.Event) -> None:
    """Write one ticket after the other, each until it is acknowledged."""
    count = 0
    while not stop.is_set():
        count += 1
        body = {"body": f"ticket {count}", "contact": {"email": f"client{client}@example.org"}}
        key = f"client-{client}-ticket-{count}"
        number = None
        while number is None:
            try:
                reply = httpx.post(
                    address, json=body, headers={"Idempotency-Key": key}, timeout=5, trust_env=False
                )
                number = reply.raise_for_status().json()["ticket_id"]
            except httpx.TransportError:
                outcome.retries += 1
        outcome.acknowledged[client].append(number)
        if count % 5 == 0:  # somebody clicks twice
            again = _repeat(address, body, key)
            outcome.changed += again not in (None, number)


def _repeat(address: str, body: object, key: str) -> str | None:
    try:
        reply = httpx.post(
            address, json=body, headers={"Idempotency-Key": key}, timeout=5, trust_env=False
        )
        return str(reply.raise_for_status().json()["ticket_id"])
    except httpx.TransportError:
        return None
