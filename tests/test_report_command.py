"""`kb report`, from a database on disk to a page, tables and JSON."""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from report_samples import FORTNIGHT, RARE, sample_events

from search_index.database import open_database
from search_index.event_log import EventLog
from search_index.report_command import report
from search_index.settings import PrivacySettings

Kb = Callable[..., Result]
PERIOD = ("--from", f"{FORTNIGHT.first}", "--to", f"{FORTNIGHT.last}")


@pytest.fixture
def root(own_snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a live snapshot and a database with events; also the working folder."""
    root = own_snapshot.parents[2]
    monkeypatch.chdir(root)
    database = open_database("sqlite:///data/wenlu.sqlite", root=root)
    database.create_tables()
    EventLog(database, PrivacySettings()).store(sample_events())
    database.close()
    return root


@pytest.fixture
def kb_report(root: Path) -> Kb:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(report, [*arguments, "--root", str(root)])

    return run


def test_the_page_is_written_and_named(kb_report: Kb, root: Path) -> None:
    result = kb_report(*PERIOD)
    assert (result.exit_code, result.stdout) == (0, "report.html\n")
    assert "怎么跟单" in (root / "report.html").read_text("utf-8")


def test_a_language_a_place_and_tables_can_be_chosen(kb_report: Kb, root: Path) -> None:
    result = kb_report(*PERIOD, "--lang", "en", "--out", "en.html", "--csv", "tables")
    assert result.exit_code == 0
    assert "Write these articles next" in (root / "en.html").read_text("utf-8")
    assert (root / "tables" / "candidates.csv").is_file()
    assert not (root / "report.html").exists()


def test_json_goes_to_standard_output_alone(kb_report: Kb, root: Path) -> None:
    result = kb_report(*PERIOD, "--json", "--out", "also.html")
    assert json.loads(result.stdout)["figures"]["searches"] == 50
    assert result.stderr == "also.html\n"
    assert not (root / "report.html").exists()


def test_the_collector_of_garbage_works_again_afterwards(kb_report: Kb) -> None:
    kb_report(*PERIOD)
    assert gc.isenabled()


def test_without_days_it_is_the_last_four_weeks(kb_report: Kb) -> None:
    period = json.loads(kb_report("--json").stdout)["period"]
    assert period["days"] == 28


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "yesterday"),
        ("--from", "2026-13-01"),
        ("--from", "2026-11-02", "--to", "2026-11-01"),
    ],
)
def test_days_that_make_no_period_are_wrong_usage(
    kb_report: Kb, arguments: tuple[str, ...]
) -> None:
    assert kb_report(*arguments).exit_code == 2


def test_settings_choose_time_zone_and_how_many_must_have_typed_it(
    kb_report: Kb, root: Path
) -> None:
    (root / "kb.toml").write_text('[report]\ntime_zone = "UTC"\nleast_sessions = 2\n')
    result = json.loads(kb_report(*PERIOD, "--json").stdout)
    assert (result["period"]["time_zone"], result["least_sessions"]) == ("UTC", 2)
    assert RARE in json.dumps(result, ensure_ascii=False)


def test_an_unknown_time_zone_is_told_with_what_to_write(kb_report: Kb, root: Path) -> None:
    (root / "kb.toml").write_text('[report]\ntime_zone = "Asia/Wenlu"\n')
    result = kb_report()
    assert result.exit_code == 1
    assert "report.time_zone" in result.stderr
    assert "Asia/Shanghai" in result.stderr


def test_a_database_that_is_none_is_told_without_a_traceback(kb_report: Kb, root: Path) -> None:
    (root / "data" / "wenlu.sqlite").write_bytes(b"no database" * 1000)
    result = kb_report()
    assert isinstance(result.exception, SystemExit)
    assert "error[DATABASE_UNAVAILABLE]" in result.stderr


def test_a_report_changes_no_event(kb_report: Kb, root: Path) -> None:
    def events() -> list[object]:
        with closing(sqlite3.connect(root / "data" / "wenlu.sqlite")) as connection:
            return connection.execute("SELECT * FROM events").fetchall()

    before = events()
    kb_report(*PERIOD)
    assert events() == before
