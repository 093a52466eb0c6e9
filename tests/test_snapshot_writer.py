"""How a finished folder becomes the live snapshot; being killed is in test_snapshot_writer_kill."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from kb_build.calibration import UNCALIBRATED
from kb_build.snapshot_writer import build_lock, write_snapshot
from search_index.errors import SnapshotError
from search_index.manifest import MANIFEST_NAME, load_manifest, sha256_of, verify_files
from search_index.snapshot import POINTER_NAME, current_folder


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """An empty folder of snapshots."""
    folder = tmp_path / "snapshots"
    folder.mkdir()
    return folder


def write(snapshots: Path, text: str, *, keep: int = 3) -> Path:
    """Write a snapshot of two small files and return its folder."""

    def fill(folder: Path) -> tuple[dict[str, Any], dict[str, Any], Any]:
        (folder / "bm25").mkdir()
        for name in ("vectors.faiss", "bm25/terms.json"):
            (folder / name).write_text(text, encoding="utf-8")
        return {"id": "test", "dim": 2}, {"text": "x", "values": [1.0]}, UNCALIBRATED

    manifest = write_snapshot(
        snapshots, fill, languages=("zh", "en"), counts={"articles": 1}, keep=keep
    )
    return snapshots / manifest.snapshot_id


def names(snapshots: Path) -> set[str]:
    """Return the names of everything in the folder but the lock."""
    return {path.name for path in snapshots.iterdir()} - {".lock"}


def test_the_new_snapshot_is_live(snapshots: Path) -> None:
    folder = write(snapshots, "one")
    assert current_folder(snapshots) == folder
    assert names(snapshots) == {POINTER_NAME, folder.name}


def test_the_manifest_names_every_file_with_its_sum(snapshots: Path) -> None:
    folder = write(snapshots, "one")
    manifest = load_manifest(folder)
    verify_files(manifest, folder)
    assert set(manifest.files) == {"vectors.faiss", "bm25/terms.json"}
    assert manifest.files["bm25/terms.json"] == sha256_of(folder / "bm25" / "terms.json")


def test_the_manifest_says_what_the_builder_said(snapshots: Path) -> None:
    manifest = load_manifest(write(snapshots, "one"))
    assert (manifest.encoder["dim"], manifest.counts) == (2, {"articles": 1})
    assert manifest.calibration == UNCALIBRATED
    assert manifest.languages == ("zh", "en")


def test_the_same_content_has_the_same_id(snapshots: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert write(snapshots, "one").name == write(other, "one").name
    assert write(snapshots, "two").name != write(other, "one").name


def test_the_manifest_holds_no_time_and_no_path_of_this_machine(
    snapshots: Path, tmp_path: Path
) -> None:
    folder = write(snapshots, "one")
    before = (folder / MANIFEST_NAME).read_bytes()
    assert str(tmp_path).encode() not in before
    shutil.rmtree(folder)
    assert (write(snapshots, "one") / MANIFEST_NAME).read_bytes() == before


def test_writing_what_is_there_already_leaves_its_files_alone(snapshots: Path) -> None:
    folder = write(snapshots, "one")
    before = (folder / "vectors.faiss").stat()
    write(snapshots, "one")
    after = (folder / "vectors.faiss").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_going_back_to_an_older_snapshot_only_moves_the_pointer(snapshots: Path) -> None:
    one = write(snapshots, "one")
    two = write(snapshots, "two")
    assert current_folder(snapshots) == two
    write(snapshots, "one")
    assert current_folder(snapshots) == one
    assert two.is_dir()


@pytest.mark.parametrize("damage", ["flipped byte", "missing file", "no manifest", "bad manifest"])
def test_a_damaged_folder_of_the_same_id_is_replaced(snapshots: Path, damage: str) -> None:
    folder = write(snapshots, "one")
    match damage:
        case "flipped byte":
            (folder / "vectors.faiss").write_text("onf", encoding="utf-8")
        case "missing file":
            (folder / "bm25" / "terms.json").unlink()
        case "no manifest":
            (folder / MANIFEST_NAME).unlink()
        case _:
            (folder / MANIFEST_NAME).write_text("{", encoding="utf-8")
    assert write(snapshots, "one") == folder
    verify_files(load_manifest(folder), folder)


def test_leftovers_of_killed_builds_are_removed(snapshots: Path) -> None:
    (snapshots / ".tmp-abc").mkdir()
    (snapshots / ".tmp-abc" / "vectors.faiss").write_text("half", encoding="utf-8")
    (snapshots / f".tmp-{POINTER_NAME}").write_text("half", encoding="utf-8")
    folder = write(snapshots, "one")
    assert names(snapshots) == {POINTER_NAME, folder.name}


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_so_many_snapshots_are_kept_the_latest_ones(snapshots: Path, keep: int) -> None:
    written = []
    for number in range(5):
        written.append(write(snapshots, str(number), keep=keep))
        os.utime(written[-1], (number, number))
    assert names(snapshots) - {POINTER_NAME} == {folder.name for folder in written[-keep:]}


def test_the_live_snapshot_is_kept_however_old_it_is(snapshots: Path) -> None:
    one = write(snapshots, "one")
    os.utime(one, (1, 1))
    write(snapshots, "two")
    write(snapshots, "one", keep=1)
    assert names(snapshots) == {POINTER_NAME, one.name}


def test_a_build_that_fails_leaves_everything_as_it_was(snapshots: Path) -> None:
    one = write(snapshots, "one")

    def fail(folder: Path) -> Any:
        (folder / "vectors.faiss").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_snapshot(snapshots, fail, languages=("zh",), counts={}, keep=1)
    assert current_folder(snapshots) == one
    assert names(snapshots) == {POINTER_NAME, one.name}


def test_other_users_may_read_the_snapshot(snapshots: Path) -> None:
    assert write(snapshots, "one").stat().st_mode & 0o777 == 0o755


def test_one_build_at_a_time_writes(tmp_path: Path) -> None:
    order: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with build_lock(tmp_path / "s"):
            inside.set()
            go_on.wait(5)
            order.append("first")

    def second() -> None:
        with build_lock(tmp_path / "s"):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(5)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "second"]


def test_before_the_first_build_there_is_no_live_snapshot(snapshots: Path) -> None:
    with pytest.raises(SnapshotError, match="kb build"):
        current_folder(snapshots)
