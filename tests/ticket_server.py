"""Serves tickets in a child that may be killed; started by the tests of that and by the benchmark.

Usage: ticket_server.py DATABASE_URL FOLDER WEBHOOK

Prints its port. Each line on standard input starts a child that takes tickets by HTTP and delivers
them to the webhook; the child's id is printed, and "gone" when it has ended. Forking keeps the time
for imports out of each round.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from ticket_peers import LOCAL, SECRET

from search_index.api.failures import install_handlers
from search_index.api.limits import BodyLimit
from search_index.api.ticket_routes import ticket_routes
from search_index.connectors.destination import Sender
from search_index.connectors.webhook import WebhookConnector
from search_index.database import open_database
from search_index.intake import Intake
from search_index.outbox import Outbox, Policy
from search_index.secrets import find_secret
from search_index.ticket_desk import TicketDesk
from search_index.tickets import TicketStore


def serve(listener: socket.socket, url: str, folder: Path, hook: str) -> None:
    """Take and deliver until killed."""
    intake = Intake(TicketStore(open_database(url)), folder, ballast_bytes=4096)
    connector = WebhookConnector(Sender(LOCAL, 2), hook, SECRET, expects_echo=True)
    outbox = Outbox(intake, connector, Policy(cap_ms=50, lease_ms=300))
    outbox.start(poll_s=0.02)
    desk = TicketDesk(
        intake,
        classify=lambda text, lang: "general",
        target=lambda response_class, lang: "30 minutes",
        on_ticket=lambda ticket: outbox.wake(),
    )
    app = FastAPI()
    install_handlers(app)
    app.add_middleware(BodyLimit)
    app.include_router(ticket_routes(desk, lambda response_class, lang: "30 minutes"))
    config = uvicorn.Config(app, log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def say(word: object) -> None:
    """Write a line for whoever started this."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Fork a child for each line."""
    url, folder, hook = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    find_secret("天 地 玄 黄")  # loads its lists once, not in each child
    warnings.filterwarnings("ignore", "This process", DeprecationWarning)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        say(listener.getsockname()[1])
        for _ in sys.stdin:
            child = os.fork()
            if child == 0:
                serve(listener, url, folder, hook)
                os._exit(0)
            say(child)
            os.waitpid(child, 0)
            say("gone")


if __name__ == "__main__":
    main()
