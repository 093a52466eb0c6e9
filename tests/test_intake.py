"""Taking tickets in while the database is away or the disk is full."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import PostgresServer
from ticket_peers import make_submission

from search_index.database import Database, open_database
from search_index.durable_file import write_durably
from search_index.intake import Intake, IntakeError
from search_index.postgres_connection import HURRY_S
from search_index.tickets import KeyReusedError, TicketStore, outbox_table


class Setting:
    """An intake whose database a test can take away."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = open_database("sqlite:///data/wenlu.sqlite", root=root)
        self.database.create_tables()
        self.store = TicketStore(self.database)
        self.waiting = root / "waiting"
        self.intake = self.another()

    def another(self) -> Intake:
        """Return the intake of another process."""
        return Intake(TicketStore(self.database), self.waiting)

    def take_database_away(self) -> None:
        self.database.close()
        (self.root / "data").rename(self.root / "away")

    def bring_database_back(self) -> None:
        self.database.close()
        (self.root / "away").rename(self.root / "data")

    def numbers(self) -> list[str]:
        """Return the numbers in the outbox, the first ticket first."""
        query = sa.select(outbox_table.c.ticket_id).order_by(outbox_table.c.created_at_ms)
        with self.database.read() as connection:
            return list(connection.scalars(query))


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def test_without_the_database_a_ticket_is_on_disk_and_follows_later(setting: Setting) -> None:
    setting.take_database_away()
    receipt = setting.intake.submit(make_submission())
    assert receipt.is_new
    (file,) = setting.waiting.iterdir()
    assert json.loads(file.read_bytes())["ticket"]["ticket_id"] == receipt.ticket_id
    assert file.stat().st_mode & 0o777 == 0o600
    setting.bring_database_back()
    assert setting.intake.import_waiting() == 1
    assert setting.store.get(receipt.ticket_id) == make_submission().ticket
    assert setting.numbers() == [receipt.ticket_id]
    assert list(setting.waiting.iterdir()) == []


def test_a_repetition_gets_the_same_answer_wherever_the_ticket_is(setting: Setting) -> None:
    setting.take_database_away()
    first = setting.intake.submit(make_submission())
    assert setting.intake.submit(make_submission()) == replace(first, is_new=False)
    setting.bring_database_back()
    assert setting.another().submit(make_submission()) == replace(first, is_new=False)
    setting.intake.import_waiting()
    assert setting.intake.submit(make_submission()) == replace(first, is_new=False)
    assert setting.numbers() == [first.ticket_id]


def test_taken_in_the_database_and_again_beside_it_it_is_one_ticket(setting: Setting) -> None:
    first = setting.intake.submit(make_submission())  # and the answer is lost on its way
    setting.take_database_away()
    again = setting.another().submit(make_submission())
    assert again.ticket_id == first.ticket_id
    setting.bring_database_back()
    setting.intake.import_waiting()
    assert setting.numbers() == [first.ticket_id]


def test_a_key_with_other_words_is_refused_beside_the_database_too(setting: Setting) -> None:
    setting.take_database_away()
    setting.intake.submit(make_submission())
    with pytest.raises(KeyReusedError):
        setting.intake.submit(make_submission(fingerprint="0" * 64))


def test_two_tickets_acknowledged_under_one_key_by_two_servers_are_both_kept(
    setting: Setting,
) -> None:
    setting.take_database_away()
    setting.intake.submit(make_submission(body="one"))
    setting.bring_database_back()
    other = TicketStore(setting.database)
    other.add(make_submission(body="other", fingerprint="0" * 64))
    setting.intake.import_waiting()
    bodies = {setting.store.get(number).body for number in setting.numbers()}
    assert bodies == {"one", "other"}


def test_waiting_tickets_go_in_before_a_new_one(setting: Setting) -> None:
    setting.take_database_away()
    first = setting.intake.submit(make_submission("key-00000001", created_at_ms=1)).ticket_id
    setting.bring_database_back()
    second = setting.intake.submit(make_submission("key-00000002", created_at_ms=2)).ticket_id
    assert setting.numbers() == [first, second]


def test_several_processes_may_bring_them_in_at_once(setting: Setting) -> None:
    setting.take_database_away()
    for number in range(12):
        setting.intake.submit(make_submission(f"key-{number:08}"))
    setting.bring_database_back()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda intake: intake.import_waiting(), [setting.another()] * 4))
    assert len(setting.numbers()) == 12
    assert list(setting.waiting.iterdir()) == []


def test_the_same_key_at_the_same_moment_is_one_ticket_beside_the_database(
    setting: Setting,
) -> None:
    setting.take_database_away()
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(setting.intake.submit, [make_submission()] * 8))
    assert sum(receipt.is_new for receipt in receipts) == 1
    assert len(list(setting.waiting.iterdir())) == 1


def test_a_file_that_is_no_ticket_does_not_hold_up_the_others(setting: Setting) -> None:
    setting.take_database_away()
    setting.intake.submit(make_submission())
    (setting.waiting / "strange.json").write_text("{")
    setting.bring_database_back()
    assert setting.intake.import_waiting() == 1
    assert [path.name for path in setting.waiting.iterdir()] == ["strange.json"]


def test_a_server_that_is_killed_loses_no_ticket(postgres: PostgresServer, tmp_path: Path) -> None:
    database = open_database(postgres.new_database())
    database.create_tables()
    intake = Intake(TicketStore(database), tmp_path)
    numbers = [intake.submit(make_submission("key-00000001")).ticket_id]
    postgres.kill()
    try:
        numbers.append(intake.submit(make_submission("key-00000002")).ticket_id)
        assert len(intake.waiting()) == 1
    finally:
        postgres.start()
    numbers.append(intake.submit(make_submission("key-00000003")).ticket_id)
    assert intake.waiting() == []
    for number in numbers:
        assert intake.store.delivery(number).state == "pending"
    database.close()


def test_a_frozen_server_costs_one_ticket_seconds_and_loses_or_doubles_none(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    database = open_database(postgres.new_database())
    database.create_tables()
    intake = Intake(TicketStore(database), tmp_path / "waiting")
    numbers = [intake.submit(make_submission("key-00000001")).ticket_id]
    with postgres.frozen():
        started = time.monotonic()
        numbers.append(intake.submit(make_submission("key-00000002")).ticket_id)
        waited = time.monotonic() - started
        assert 1 < waited < 3 * HURRY_S
        numbers += [intake.submit(make_submission(f"key-0000000{i}")).ticket_id for i in (3, 4)]
        assert time.monotonic() - started < waited + 1
        assert len(intake.waiting()) == 3
    assert intake.submit(make_submission("key-00000002")).ticket_id == numbers[1]
    assert intake.import_waiting() == 3
    assert sorted(d.ticket_id for d in intake.store.deliveries()) == sorted(numbers)
    (tmp_path / "waiting").rename(tmp_path / "away")
    (tmp_path / "waiting").write_text("a file where the folder was")
    last = intake.submit(make_submission("key-00000005")).ticket_id
    assert intake.store.delivery(last).state == "pending"
    database.close()


def test_a_ticket_that_was_being_committed_when_the_server_froze_is_one_ticket(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """The server gets all of it, says nothing in time, and writes it after all."""
    database = open_database(postgres.new_database())
    database.create_tables()
    intake = Intake(TicketStore(database), tmp_path)
    frozen = ExitStack()

    @sa.event.listens_for(database.engine, "commit")
    def freeze(connection: sa.Connection) -> None:
        frozen.enter_context(postgres.frozen())

    with frozen:
        number = intake.submit(make_submission()).ticket_id
        assert len(intake.waiting()) == 1
        sa.event.remove(database.engine, "commit", freeze)
    deadline = time.monotonic() + 10
    while not intake.store.deliveries():  # it came through by itself
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert intake.import_waiting() == 1
    assert [d.ticket_id for d in intake.store.deliveries()] == [number]
    assert intake.waiting() == []
    database.close()


def test_with_nowhere_to_write_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    away = open_database(f"sqlite:///{tmp_path}/file/wenlu.sqlite")
    with pytest.raises(IntakeError):
        Intake(TicketStore(away), tmp_path / "file" / "waiting").submit(make_submission())


def test_a_durable_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.json"
    write_durably(path, b"first")
    with pytest.raises(FileExistsError):
        write_durably(path, b"second")
    assert path.read_bytes() == b"first"
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_the_ballast_is_made_once_and_only_where_there_is_room(tmp_path: Path) -> None:
    def intake(size: int) -> Intake:
        database = Database(sa.create_engine("sqlite://"), "none")
        return Intake(TicketStore(database), tmp_path, ballast_bytes=size)

    intake(1000).make_ballast()
    intake(1000).make_ballast()
    assert (tmp_path / "ballast").stat().st_size == 1000
    (tmp_path / "ballast").unlink()
    intake(shutil.disk_usage(tmp_path).free // 5).make_ballast()
    assert list(tmp_path.iterdir()) == []


ON_A_FULL_DISK = """
import json, logging, os, sys
from pathlib import Path
from search_index.database import open_database
from search_index.intake import Intake, IntakeError
from search_index.tickets import TicketStore
from ticket_peers import make_submission
root = Path(sys.argv[1])
database = open_database("sqlite:///wenlu.sqlite", root=root)
database.create_tables()
intake = Intake(TicketStore(database), root / "waiting", ballast_bytes=96 * 1024)
intake.make_ballast()
taken = [intake.submit(make_submission("key-00000000")).ticket_id]
with open(root / "filler", "wb", buffering=0) as filler:
    try:
        while True:
            filler.write(b"x" * 4096)
    except OSError:
        pass
refused = 0
for number in range(1, 40):
    try:
        taken.append(intake.submit(make_submission(f"key-{number:08}", body="x" * 2000)).ticket_id)
    except IntakeError:
        refused += 1
waiting = len(intake.waiting())
left = [p.name for p in (root / "waiting").iterdir() if p.name.startswith(".")]
(root / "filler").unlink()
last = intake.submit(make_submission("key-last0000")).ticket_id
intake.make_ballast()
found = [intake.store.delivery(number).state for number in (*taken, last)]
print(json.dumps([len(taken), refused, waiting, left, set(found) == {"pending"},
                  (root / "waiting" / "ballast").exists()]))
"""


def can_mount() -> bool:
    done = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.skipif(
    not shutil.which("unshare") or not can_mount(), reason="needs a small disk of its own"
)
def test_on_a_full_disk_tickets_are_taken_while_the_ballast_lasts_then_refused(
    tmp_path: Path,
) -> None:
    script = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", tmp_path, sys.executable, ON_A_FULL_DISK],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert done.returncode == 0, done.stderr
    taken, refused, waiting, left, all_found, has_ballast = json.loads(done.stdout)
    assert waiting >= 5  # taken where the ballast was
    assert refused >= 1
    assert taken + refused == 40
    assert left == []
    assert all_found  # once there is room: each that was acknowledged, and none twice
    assert has_ballast
    assert "the ballast" in done.stderr
