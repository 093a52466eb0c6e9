"""What a snapshot says about itself, and that a damaged word of it is noticed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from read_fixtures import CALIBRATION

from search_index.errors import SnapshotError
from search_index.manifest import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    Manifest,
    load_manifest,
    save_manifest,
    sha256_of,
    verify_files,
)

MANIFEST = Manifest(
    format_version=FORMAT_VERSION,
    encoder={"id": "e5", "dim": 384},
    probe={"text": "提币", "values": [0.25, -0.5]},
    analyzer="han",
    languages=("zh", "en"),
    calibration=CALIBRATION,
    counts={"passages": 2, "articles": 1},
    files={"a.txt": "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0"},
)
"""``a.txt`` holds "aaa"."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A snapshot of one file."""
    folder = tmp_path / MANIFEST.snapshot_id
    folder.mkdir()
    (folder / "a.txt").write_text("aaa")
    save_manifest(MANIFEST, folder)
    return folder


def test_a_manifest_comes_back_as_it_was_saved(folder: Path) -> None:
    assert load_manifest(folder) == MANIFEST


def test_the_order_of_keys_does_not_change_the_id() -> None:
    turned = replace(MANIFEST, counts={"articles": 1, "passages": 2})
    assert turned.to_bytes() == MANIFEST.to_bytes()
    assert turned.snapshot_id == MANIFEST.snapshot_id


def test_another_threshold_is_another_snapshot() -> None:
    other = replace(MANIFEST, calibration=replace(CALIBRATION, in_scope=0.46))
    assert other.snapshot_id != MANIFEST.snapshot_id


def test_the_id_is_sixteen_hex_digits() -> None:
    assert len(MANIFEST.snapshot_id) == 16
    assert int(MANIFEST.snapshot_id, 16)


def test_the_file_holds_no_time_and_no_path_of_this_machine(folder: Path) -> None:
    text = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    assert str(folder.parent) not in text
    assert "202" not in text


def test_every_changed_byte_of_the_manifest_is_noticed(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    good = path.read_bytes()
    for position in range(0, len(good), 7):
        for mask in (0x01, 0x20, 0x2A, 0x80):
            bad = bytearray(good)
            bad[position] ^= mask
            path.write_bytes(bad)
            with pytest.raises(SnapshotError, match=r"manifest\.json.*kb build"):
                load_manifest(folder)


def test_white_space_that_json_would_not_mind_is_noticed_too(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    path.write_bytes(path.read_bytes().replace(b"\n", b" ", 1))
    with pytest.raises(SnapshotError, match="damaged"):
        load_manifest(folder)


def test_a_manifest_in_a_foreign_folder_is_refused(folder: Path) -> None:
    shutil.move(folder, folder.parent / "0123456789abcdef")
    with pytest.raises(SnapshotError, match=MANIFEST.snapshot_id):
        load_manifest(folder.parent / "0123456789abcdef")


def test_a_missing_manifest_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(
        SnapshotError, match=r"manifest\.json is missing\. Run `kb build`"
    ) as caught:
        load_manifest(tmp_path)
    assert caught.value.code == "SNAPSHOT_MISSING"


def test_another_format_version_is_refused_by_number(folder: Path) -> None:
    values = json.loads((folder / MANIFEST_NAME).read_bytes())
    (folder / MANIFEST_NAME).write_text(json.dumps(values | {"format_version": 99}))
    with pytest.raises(
        SnapshotError, match=rf"format version 99, .* reads {FORMAT_VERSION}\..*`kb build`"
    ) as caught:
        load_manifest(folder)
    assert caught.value.code == "SNAPSHOT_VERSION"


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "null", "{}", f'{{"format_version": {FORMAT_VERSION}}}', "\x00"]
)
def test_any_other_text_is_called_damaged(folder: Path, text: str) -> None:
    (folder / MANIFEST_NAME).write_text(text)
    with pytest.raises(SnapshotError, match=r"manifest\.json is damaged") as caught:
        load_manifest(folder)
    assert caught.value.code == "SNAPSHOT_CORRUPT"


def test_whole_files_pass(folder: Path) -> None:
    verify_files(MANIFEST, folder)
    assert sha256_of(folder / "a.txt") == MANIFEST.files["a.txt"]


def test_every_bad_file_is_named_at_once(folder: Path) -> None:
    files = {**MANIFEST.files, "gone.bin": "00", "bm25/gone.npy": "00"}
    (folder / "a.txt").write_text("aab")
    with pytest.raises(SnapshotError) as caught:
        verify_files(replace(MANIFEST, files=files), folder)
    message = str(caught.value)
    assert f"{folder / 'a.txt'} is damaged" in message
    assert f"{folder / 'gone.bin'} is missing" in message
    assert f"{folder / 'bm25/gone.npy'} is missing" in message
    assert "`kb build`" in message
