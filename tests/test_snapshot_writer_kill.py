"""A build may be killed at any moment: the live snapshot stays whole, and the next build works."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hashing_model import HashingModel
from site_folder import DEPOSIT_ZH, SiteFolder

from kb_build import pipeline
from kb_build.calibration import UNCALIBRATED
from kb_build.settings import load_kb_settings
from kb_build.snapshot_writer import build_lock, write_snapshot
from search_index.manifest import load_manifest, verify_files
from search_index.snapshot import POINTER_NAME, current_folder, open_snapshot

FILE_EVENTS = ("open", "os.", "shutil.", "tempfile.")
FIRST_STAGE = "check articles"
LAST_STAGE = "write the snapshot"


def write(snapshots: Path, text: str) -> str:
    """Write a snapshot of three small files and return its id."""

    def fill(folder: Path) -> tuple[dict[str, Any], dict[str, Any], Any]:
        (folder / "bm25").mkdir()
        for name in ("articles.jsonl", "vectors.faiss", "bm25/terms.json"):
            (folder / name).write_text(text, encoding="utf-8")
        return {"id": "test"}, {}, UNCALIBRATED

    with build_lock(snapshots):
        manifest = write_snapshot(snapshots, fill, languages=("zh",), counts={}, keep=2)
    return manifest.snapshot_id


def live(snapshots: Path) -> str:
    """Return the id of the live snapshot, every file of which is as it was written."""
    folder = current_folder(snapshots)
    verify_files(load_manifest(folder), folder)
    return folder.name


def finishes_unless_killed(step: int, action: Callable[[], Any]) -> bool:
    """Run ``action`` in a child that is killed before its file operation number ``step``."""
    child = os.fork()
    if child == 0:
        steps = itertools.count()

        def hook(event: str, _: Any) -> None:
            if event.startswith(FILE_EVENTS) and event != "os.kill" and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            action()
        except BaseException:  # whatever it is, it must not go on in a copy of pytest
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork, Python ≥ 3.12
@pytest.mark.parametrize("state", ["new", "there already", "there but damaged"])
def test_killed_before_any_file_operation_the_live_snapshot_is_whole(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # slow, and of use only when power fails
    new = write(tmp_path / "before", "new")
    for step in itertools.count():
        snapshots = tmp_path / str(step)
        if state != "new":
            write(snapshots, "new")
        if state == "there but damaged":
            (snapshots / new / "vectors.faiss").write_text("x", encoding="utf-8")
        old = write(snapshots, "old")
        finished = finishes_unless_killed(step, lambda to=snapshots: write(to, "new"))
        assert live(snapshots) == new if finished else live(snapshots) in (old, new)
        assert write(snapshots, "next") == live(snapshots)
        assert not list(snapshots.glob(".tmp-*"))
        if finished:
            break
    assert step > 30  # it was killed at many moments


@pytest.fixture
def sites(tmp_path: Path) -> list[SiteFolder]:
    """Three sites that differ in one word."""
    sites = [SiteFolder(tmp_path / name) for name in ("one", "two", "three")]
    for number, site in enumerate(sites):
        site.edit(DEPOSIT_ZH, "等待确认", f"等待{number}次确认")
    return sites


@pytest.fixture
def snapshots(tmp_path: Path, sites: list[SiteFolder], hashing_model: HashingModel) -> Path:
    """Folder with one live snapshot, of the first site."""
    folder = tmp_path / "snapshots"
    settings = load_kb_settings(sites[0].root, flags={"server": {"snapshots": str(folder)}})
    pipeline.build(settings)
    return folder


@pytest.fixture
def builder(snapshots: Path, sites: list[SiteFolder]) -> Iterator[subprocess.Popen[str]]:
    """A process that starts endless builds; see `endless_build`."""
    script = Path(__file__).with_name("endless_build.py")
    command = [sys.executable, str(script), str(snapshots), *(str(s.root) for s in sites)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


def wait_for(builder: subprocess.Popen[str], line: str) -> float:
    """Read until ``line`` comes; return when that was."""
    assert builder.stdout is not None
    while builder.stdout.readline() != f"{line}\n":
        pass
    return time.monotonic()


@contextmanager
def building(builder: subprocess.Popen[str]) -> Iterator[None]:
    """Let a child build until the block ends, then kill -9."""
    assert builder.stdin is not None
    assert builder.stdout is not None
    builder.stdin.write("\n")
    child = int(builder.stdout.readline())
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        wait_for(builder, "gone")


def test_killed_at_random_moments_of_whole_builds_the_live_snapshot_opens(
    builder: subprocess.Popen[str], snapshots: Path, sites: list[SiteFolder]
) -> None:
    with building(builder):
        began = wait_for(builder, FIRST_STAGE)
        last_stage = wait_for(builder, LAST_STAGE)
        ended = wait_for(builder, FIRST_STAGE)

    seen = {current_folder(snapshots).name}
    for number in range(26):
        with building(builder):
            if number % 2:
                wait_for(builder, LAST_STAGE)
                time.sleep(random.uniform(0, 1.2 * (ended - last_stage)))
            else:
                time.sleep(random.uniform(0, 2 * (ended - began)))
        snapshot = open_snapshot(current_folder(snapshots))
        assert len(snapshot.parts.article_ids) == 5
        seen.add(snapshot.manifest.snapshot_id)
    assert len(seen) > 1  # some builds got through, others did not

    settings = load_kb_settings(sites[1].root, flags={"server": {"snapshots": str(snapshots)}})
    report = pipeline.build(settings)
    assert current_folder(snapshots).name == report.snapshot_id
    left = {path.name for path in snapshots.iterdir()}
    assert {POINTER_NAME, report.snapshot_id} <= left
    assert not [name for name in left if name.startswith(".tmp-")]
    assert len([path for path in snapshots.iterdir() if path.is_dir()]) <= 2
