"""How long `kb report` takes on a year of 200,000 events, and how long a browser to open it.

    .venv/bin/python benchmarks/report.py

Needs a built snapshot and Chromium. The year is made up by tools/simulate_events.py, once, unless
--database names one. Limits: made in 10 s, opened in 2 s, below 1 MB.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
RUNS = 3
LAST = "2026-11-21"
FIRST = "2025-11-22"
PAINT = """() => new Promise(done => requestAnimationFrame(() => setTimeout(
  () => done(performance.now()), 0)))"""


def make_report(database: str, page: Path) -> tuple[float, float]:
    """Return seconds on the clock and on the processor that one report took."""
    command = ["report", "--from", FIRST, "--to", LAST, "--out", str(page)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "kb_build.cli", *command],
        cwd=ROOT,
        env=os.environ | {"KB_DATABASE_URL": database},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def open_page(page: Path) -> float:
    """Return the seconds until a fresh tab has drawn the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(page.as_uri(), wait_until="load")
        drawn_ms = float(tab.evaluate(PAINT))
        browser.close()
    return drawn_ms / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", help="URL of a simulated year; made now if left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = arguments.database
        if not database:
            database = f"sqlite:///{folder}/year.sqlite"
            simulate = [sys.executable, "tools/simulate_events.py", "--database", database]
            subprocess.run([*simulate, "--last", LAST], cwd=ROOT, check=True)
        page = Path(folder) / "report.html"
        made = [make_report(database, page) for _ in range(RUNS)]
        opened = [open_page(page) for _ in range(RUNS)]
        size = page.stat().st_size
    print(
        f"made in {min(t for t, _ in made):.1f} s (best of {RUNS}; "
        f"processor {min(t for _, t in made):.1f} s)"
    )
    print(f"opened and drawn in {min(opened):.2f} s (best of {RUNS}); {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
