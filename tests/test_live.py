"""The live searcher is replaced while it is searched, and only by a snapshot that works."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from deterministic_encoder import HashingEncoder, save_onnx
from read_fixtures import point_to, write_mini_snapshot

from search_index.errors import SnapshotError
from search_index.live import LiveSearcher
from search_index.manifest import load_manifest, save_manifest, sha256_of
from search_index.records import Query
from search_index.snapshot import POINTER_NAME, IndexParts

Live = Callable[[Path], LiveSearcher]
Break = Callable[[Path], None]


@pytest.fixture
def snapshots(mini_parts: IndexParts, tmp_path: Path) -> Path:
    """A folder of two good snapshots, the first one live."""
    folder = tmp_path / "snapshots"
    first = write_mini_snapshot(folder, mini_parts, run=1)
    write_mini_snapshot(folder, mini_parts, run=2)
    point_to(folder, first.name)
    return folder


@pytest.fixture
def live(snapshots: Path) -> Iterator[LiveSearcher]:
    live = LiveSearcher(snapshots)
    live.open()
    yield live
    live.close()


def other_than(live: LiveSearcher, snapshots: Path) -> Path:
    assert live.searcher is not None
    used = live.searcher.snapshot_id
    return next(path for path in snapshots.iterdir() if path.is_dir() and path.name != used)


def flip_a_byte(folder: Path) -> None:
    path = folder / "vectors.faiss"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def lose_a_file(folder: Path) -> None:
    (folder / "passages.jsonl").unlink()


def lose_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def sign_another_encoder(folder: Path, encoder: HashingEncoder) -> None:
    """Leave a snapshot whose checksums are right and whose encoder is not."""
    save_onnx(encoder, folder)
    manifest = load_manifest(folder)
    files = {name: sha256_of(folder / name) for name in manifest.files}
    manifest = replace(manifest, files=files)
    save_manifest(manifest, folder)
    point_to(folder.parent, folder.rename(folder.parent / manifest.snapshot_id).name)


def use_another_encoder(folder: Path) -> None:
    sign_another_encoder(folder, HashingEncoder(seed=8))


def use_an_encoder_of_another_width(folder: Path) -> None:
    sign_another_encoder(folder, HashingEncoder(dim=32))


def put_a_folder_in_the_place_of_a_file(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()


def lose_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def garble_the_pointer(folder: Path) -> None:
    (folder.parent / POINTER_NAME).write_bytes(b"\xff\xfe\x00")


def lose_the_pointer(folder: Path) -> None:
    (folder.parent / POINTER_NAME).unlink()


BREAKS = [
    flip_a_byte,
    lose_a_file,
    lose_the_manifest,
    use_another_encoder,
    use_an_encoder_of_another_width,
    put_a_folder_in_the_place_of_a_file,
    lose_the_folder,
    garble_the_pointer,
    lose_the_pointer,
]


def test_before_the_first_snapshot_there_is_no_searcher(tmp_path: Path) -> None:
    live = LiveSearcher(tmp_path)
    assert live.searcher is None
    with pytest.raises(SnapshotError, match="`kb build`"):
        live.open()
    assert not live.refresh()


def test_a_first_snapshot_is_picked_up_later(tmp_path: Path, mini_parts: IndexParts) -> None:
    live = LiveSearcher(tmp_path)
    write_mini_snapshot(tmp_path, mini_parts)
    assert live.refresh()
    assert live.searcher is not None


def test_opening_twice_opens_once(live: LiveSearcher) -> None:
    assert live.open() is live.searcher is live.open()
    assert not live.refresh()


def test_the_pointer_brings_another_snapshot_into_use(live: LiveSearcher, snapshots: Path) -> None:
    before, wanted = live.searcher, other_than(live, snapshots)
    point_to(snapshots, wanted.name)
    assert live.refresh()
    assert live.searcher is not before
    assert live.searcher is not None
    assert live.searcher.snapshot_id == wanted.name


@pytest.mark.parametrize("damage", BREAKS)
def test_a_snapshot_that_cannot_be_used_never_replaces_one_that_works(
    live: LiveSearcher, snapshots: Path, damage: Break, caplog: pytest.LogCaptureFixture
) -> None:
    before, wanted = live.searcher, other_than(live, snapshots)
    point_to(snapshots, wanted.name)
    damage(wanted)
    assert not live.refresh()
    assert live.searcher is before
    assert live.searcher is not None
    assert live.searcher.search(Query("转账选错网络")).hits
    assert "The snapshot in use stays." in caplog.text


def test_a_fault_is_logged_once_not_every_second(
    live: LiveSearcher, snapshots: Path, caplog: pytest.LogCaptureFixture
) -> None:
    point_to(snapshots, "0123456789abcdef")
    for _ in range(3):
        live.refresh()
    assert len(caplog.records) == 1


def test_a_good_snapshot_after_a_bad_one_comes_into_use(
    live: LiveSearcher, snapshots: Path
) -> None:
    wanted = other_than(live, snapshots)
    point_to(snapshots, "0123456789abcdef")
    assert not live.refresh()
    point_to(snapshots, wanted.name)
    assert live.refresh()


def test_the_watcher_notices_a_new_snapshot_and_survives_bad_ones(
    live: LiveSearcher, snapshots: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first, second = live.open().snapshot_id, other_than(live, snapshots).name
    live.watch(interval_s=0.01)
    (snapshots / POINTER_NAME).write_bytes(b"\xff")
    wait_until(lambda: bool(caplog.records))
    point_to(snapshots, second)
    wait_until(lambda: live.open().snapshot_id == second)
    assert first != second


def wait_until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_no_search_fails_while_good_and_bad_snapshots_come_and_go(
    live: LiveSearcher, snapshots: Path
) -> None:
    good = [path.name for path in snapshots.iterdir() if path.is_dir()]
    bad = snapshots / "bad0bad0bad0bad0"
    shutil.copytree(snapshots / good[1], bad)
    flip_a_byte(bad)
    stop, faults, seen = threading.Event(), [], []

    def search() -> None:
        while not stop.is_set():
            try:
                assert live.searcher is not None
                result = live.searcher.search(Query("转账选错网络怎么办"))
                assert result.hits[0].article.article_id == "KB-0024"
                seen.append(result.snapshot)
            except Exception as exc:
                faults.append(exc)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    live.watch(interval_s=0.005)
    for name in [good[1], bad.name, good[0], "gone", good[1], bad.name, good[0]] * 2:
        point_to(snapshots, name)
        time.sleep(0.12)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert set(seen) == set(good)
    assert len(seen) > 50
