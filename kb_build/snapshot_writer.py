"""Makes a finished folder the live snapshot, or leaves the old one: temporary folder, rename,
pointer swap. Knows nothing of what is in the folder but its manifest.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search_index.analyzer import ANALYZER_ID
from search_index.durable_file import sync_path
from search_index.errors import SnapshotError
from search_index.manifest import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    Calibration,
    Manifest,
    load_manifest,
    save_manifest,
    sha256_of,
    verify_files,
)
from search_index.snapshot import POINTER_NAME

_TEMPORARY = ".tmp-"


@contextmanager
def build_lock(snapshots: Path) -> Iterator[None]:
    """Let one build at a time write into ``snapshots``; a killed build leaves no lock behind."""
    snapshots.mkdir(parents=True, exist_ok=True)
    with (snapshots / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_snapshot(
    snapshots: Path,
    fill: Callable[[Path], tuple[Mapping[str, Any], Mapping[str, Any], Calibration]],
    *,
    languages: tuple[str, ...],
    counts: Mapping[str, int],
    keep: int,
) -> Manifest:
    """Write one snapshot and make it the live one; call inside `build_lock`.

    Args:
        snapshots: folder of all snapshots.
        fill: writes every file but the manifest into the folder it is given; returns encoder,
            probe and calibration for the manifest.
        keep: number of snapshots to leave, the new one included.
    """
    _remove_leftovers(snapshots)
    work = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=snapshots))
    try:
        encoder, probe, calibration = fill(work)
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            encoder=encoder,
            probe=probe,
            analyzer=ANALYZER_ID,
            languages=languages,
            calibration=calibration,
            counts=counts,
            files={
                path.relative_to(work).as_posix(): sha256_of(path)
                for path in sorted(work.rglob("*"))
                if path.is_file() and path.name != MANIFEST_NAME
            },
        )
        save_manifest(manifest, work)  # last: a folder without it is no snapshot
        _sync(work)
        target = snapshots / manifest.snapshot_id
        if target.exists() and not _is_whole(target):
            shutil.rmtree(target)
        if not target.exists():
            work.chmod(0o755)  # mkdtemp's 0700 would lock out a server that runs as another user
            work.rename(target)
            sync_path(snapshots)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _point_to(snapshots, manifest.snapshot_id)
    _remove_old(snapshots, keep=keep, live=manifest.snapshot_id)
    return manifest


def _is_whole(folder: Path) -> bool:
    try:
        verify_files(load_manifest(folder), folder)
    except SnapshotError:
        return False
    return True


def _point_to(snapshots: Path, snapshot_id: str) -> None:
    pointer = snapshots / f"{_TEMPORARY}{POINTER_NAME}"
    pointer.write_text(snapshot_id + "\n", encoding="utf-8")
    sync_path(pointer)
    pointer.replace(snapshots / POINTER_NAME)
    sync_path(snapshots)


def _remove_leftovers(snapshots: Path) -> None:
    for path in snapshots.glob(f"{_TEMPORARY}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _remove_old(snapshots: Path, *, keep: int, live: str) -> None:
    folders = [p for p in snapshots.iterdir() if p.is_dir() and p.name != live]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in folders[keep - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        sync_path(path)
    sync_path(folder)
