"""A made-up year, and whether the report finds in it what was hidden there."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from search_index.report.journeys import text_key

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[1]
PLANTED: dict[str, tuple[str, ...]] = runpy.run_path(str(ROOT / "tools/simulate_events.py"))[
    "PLANTED"
]
SUBJECTS = {text_key(text): subject for subject, texts in PLANTED.items() for text in texts}


def run(*arguments: str, **environment: str) -> str:
    """Run Python in the repository and return what it printed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report on a year of 12,000 events."""
    if not (ROOT / "build/snapshots/CURRENT").exists():
        run("-m", "kb_build.cli", "build")
    database = f"sqlite:///{tmp_path_factory.mktemp('year')}/year.sqlite"
    year = ("--events", "12000", "--database", database, "--last", "2026-11-21")
    run("tools/simulate_events.py", *year)
    days = ("--from", "2025-11-22", "--to", "2026-11-21")
    told = run("-m", "kb_build.cli", "report", *days, "--json", KB_DATABASE_URL=database)
    values: dict[str, Any] = json.loads(told)
    return values


def subjects_of(candidate: dict[str, Any]) -> set[str | None]:
    return {SUBJECTS.get(phrase["text"]) for phrase in candidate["phrases"]}


def test_the_first_candidates_are_the_subjects_without_an_article(report: dict[str, Any]) -> None:
    first = report["candidates"][:5]
    assert all(subjects_of(candidate) - {None} for candidate in first), first
    assert all(candidate["unanswered"] + candidate["unopened"] for candidate in first)


def test_five_of_them_are_among_the_first_eight(report: dict[str, Any]) -> None:
    named = set().union(*(subjects_of(candidate) for candidate in report["candidates"][:8]))
    assert len(named - {None}) >= 5


def test_a_candidate_mostly_holds_one_subject(report: dict[str, Any]) -> None:
    largest, whole = 0, 0
    for candidate in report["candidates"][:5]:
        sessions: Counter[str | None] = Counter()
        for phrase in candidate["phrases"]:
            sessions[SUBJECTS.get(phrase["text"])] += phrase["sessions"]
        largest += max(sessions.values())
        whole += sessions.total()
    assert largest >= 0.85 * whole


def test_a_year_has_all_that_a_report_counts(report: dict[str, Any]) -> None:
    figures = report["figures"]
    assert set(figures["tickets"]) == {"general", "technical", "urgent"}
    for name in ("no_click", "rejected", "reformulated", "solved", "left", "gave_up", "submitted"):
        assert 0 < figures[name]["part"] < figures[name]["whole"], name
    assert figures["urgent_visits"] > 0
    assert report["secrets"]
    assert max(report["days"], key=lambda day: day["searches"])["day"] == "2026-10-11"
