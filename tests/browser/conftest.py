"""A real server over a real build, and a browser that notes every request and every error."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright
from visitor import DESKTOP, Visit

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_TIMEOUT_S = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def built() -> Path:
    """The repository's own snapshot and site; made now if they are missing."""
    if not (SITE / "index.html").exists() or not (ROOT / "build/snapshots/CURRENT").exists():
        subprocess.run(
            [sys.executable, "-m", "kb_build.cli", "build", "--site"], cwd=ROOT, check=True
        )
    return SITE


@dataclass(frozen=True)
class Served:
    """A running `kb serve`.

    Attributes:
        address: with the closing slash.
        folder: all that it writes: database, tickets, log.
    """

    address: str
    folder: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "wenlu.sqlite"

    def everything_kept(self) -> bytes:
        """Return every byte that was written."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return b"\n".join(path.read_bytes() for path in files)


@pytest.fixture(scope="session")
def served(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`kb serve` with a database and a folder of tickets of its own."""
    port = free_port()
    folder = tmp_path_factory.mktemp("server")
    log_path = folder / "log.txt"
    log = log_path.open("w")
    own = {
        "KB_DATABASE_URL": f"sqlite:///{folder}/wenlu.sqlite",
        "KB_TICKETS_FOLDER": str(folder / "spool"),
        # All visitors of these tests have one address.
        "KB_LIMITS_SEARCHES_PER_S": "0",
        "KB_LIMITS_EVENTS_PER_MIN": "0",
        "KB_LIMITS_TICKETS_PER_10_MIN": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "kb_build.cli", "serve", "--port", str(port)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("KB_")} | own,
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_until_ready(f"{address}readyz", process, log_path)
        yield Served(address, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


@pytest.fixture(scope="session")
def served_site(served: Served) -> str:
    """Address of `kb serve`, with the closing slash."""
    return served.address


@pytest.fixture(scope="session")
def static_site(built: Path) -> Iterator[str]:
    """The same pages from a web server that has no search endpoint."""
    handler = partial(QuietHandler, directory=str(built))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server stopped by itself: {log.read_text()}"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {START_TIMEOUT_S} s")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(
    browser: Browser, served_site: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visit]]:
    """Open a tab; afterwards nothing may have gone elsewhere and nothing may have failed."""
    visits: list[Visit] = []

    def start(*, base: str = served_site, **options: object) -> Visit:
        context = browser.new_context(base_url=base, **{**DESKTOP, **options})  # type: ignore[arg-type]
        visits.append(Visit(context))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()
        hosts = {urlsplit(r.url).hostname for r in one.requests if r.url.startswith("http")}
        assert hosts <= {"127.0.0.1"}, f"third parties were asked: {hosts}"
        assert all("query" not in urlsplit(r.url).query for r in one.requests)
        assert one.may_fail or one.errors == []
