"""A snapshot opens as it was saved, or is refused with the file and the command to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deterministic_encoder import HashingEncoder, save_onnx
from read_fixtures import SECRET, make_searcher

from search_index.analyzer import ANALYZER_ID
from search_index.encoder import OnnxEncoder
from search_index.errors import KbError, SnapshotError
from search_index.manifest import MANIFEST_NAME, load_manifest, save_manifest, sha256_of
from search_index.records import Query
from search_index.searcher import Searcher
from search_index.snapshot import (
    POINTER_NAME,
    IndexParts,
    current_folder,
    load_parts,
    open_snapshot,
    probe_of,
    save_parts,
)

QUERIES = ("提币没到账怎么办", "I lost my recovery phrase", "zhujici diule", "今天天气", SECRET)
FILES = {
    "articles.jsonl",
    "background.faiss",
    "bm25/body/data.npy",
    "bm25/body/indices.npy",
    "bm25/body/indptr.npy",
    "bm25/body/terms.json",
    "bm25/title/data.npy",
    "bm25/title/indices.npy",
    "bm25/title/indptr.npy",
    "bm25/title/terms.json",
    "centroids/articles.faiss",
    "centroids/means.npy",
    "centroids/metric.npy",
    "encoder.onnx",
    "passages.jsonl",
    "query_mean.npy",
    "spelling.json",
    "suggestions.jsonl",
    "tokenizer.json",
    "scope.json",
    "sections.npy",
    "chatter.json",
    "urgency.json",
    "vectors.faiss",
}
Sign = Callable[..., Path]


@pytest.fixture
def signed(own_snapshot: Path) -> Sign:
    """Makes a damaged snapshot consistent: new checksums, new id; changes its manifest."""

    def sign(**changes: Any) -> Path:
        manifest = load_manifest(own_snapshot)
        files = {name: sha256_of(own_snapshot / name) for name in manifest.files}
        manifest = replace(manifest, files=files, **changes)
        save_manifest(manifest, own_snapshot)
        return own_snapshot.rename(own_snapshot.parent / manifest.snapshot_id)

    return sign


def test_it_holds_these_files(mini_snapshot: Path) -> None:
    assert set(load_manifest(mini_snapshot).files) == FILES
    found = {p.relative_to(mini_snapshot).as_posix() for p in mini_snapshot.rglob("*.*")}
    assert found == {*FILES, MANIFEST_NAME}


def test_parts_come_back_as_they_were_saved(mini_parts: IndexParts, tmp_path: Path) -> None:
    save_parts(mini_parts, tmp_path)
    loaded = load_parts(tmp_path)
    assert loaded.articles == mini_parts.articles
    assert loaded.passages == mini_parts.passages
    assert loaded.article_ids == mini_parts.article_ids
    assert np.array_equal(loaded.vectors.matrix(), mini_parts.vectors.matrix())
    rows = range(mini_parts.background.row_count)
    assert np.array_equal(loaded.background.vectors(rows), mini_parts.background.vectors(rows))


def test_saving_twice_gives_the_same_bytes(mini_parts: IndexParts, tmp_path: Path) -> None:
    for name in "ab":
        save_parts(mini_parts, tmp_path / name)
    for path in (tmp_path / "a").rglob("*.*"):
        other = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == other.read_bytes()


def test_an_open_snapshot_answers_as_its_parts_do(
    mini_parts: IndexParts, mini_snapshot: Path
) -> None:
    opened = Searcher.of(open_snapshot(mini_snapshot))
    in_memory = make_searcher(mini_parts)
    for text in QUERIES:
        one, other = opened.search(Query(text)), in_memory.search(Query(text))
        assert replace(one, snapshot="", confidence=0, hits=()) == replace(
            other, snapshot="", confidence=0, hits=()
        )
        assert [h.article for h in one.hits] == [h.article for h in other.hits]
        assert [h.score for h in one.hits] == pytest.approx([h.score for h in other.hits], abs=1e-5)


def test_a_text_may_hold_any_line_separator(mini_parts: IndexParts, tmp_path: Path) -> None:
    odd = replace(mini_parts.passages[0], text="a\u2028b\x85c\x0bd\x1ce\u2029f\r\ng")
    parts = replace(mini_parts, passages=(odd, *mini_parts.passages[1:]))
    save_parts(parts, tmp_path)
    assert load_parts(tmp_path).passages[0] == odd


@pytest.mark.parametrize("name", [*sorted(FILES), MANIFEST_NAME])
def test_one_flipped_byte_is_refused_by_the_name_of_the_file(own_snapshot: Path, name: str) -> None:
    path = own_snapshot / name
    good = path.read_bytes()
    for position in (0, len(good) // 3, len(good) // 2, len(good) - 1):
        bad = bytearray(good)
        bad[position] ^= 0x01
        path.write_bytes(bad)
        with pytest.raises(SnapshotError) as caught:
            open_snapshot(own_snapshot)
        assert str(path) in str(caught.value)
        assert "`kb build`" in str(caught.value)


@pytest.mark.parametrize("name", [*sorted(FILES), MANIFEST_NAME])
def test_a_missing_file_is_refused_by_its_name(own_snapshot: Path, name: str) -> None:
    (own_snapshot / name).unlink()
    with pytest.raises(SnapshotError) as caught:
        open_snapshot(own_snapshot)
    assert f"{own_snapshot / name} is missing" in str(caught.value)
    assert "`kb build`" in str(caught.value)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_cut_short_is_refused_by_its_name(own_snapshot: Path, name: str) -> None:
    path = own_snapshot / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=name):
        open_snapshot(own_snapshot)


def test_another_encoder_is_recognised_by_its_vectors(own_snapshot: Path, signed: Sign) -> None:
    save_onnx(HashingEncoder(seed=8), own_snapshot)
    folder = signed()
    with pytest.raises(
        SnapshotError, match=r"encoder\.onnx is another encoder.*`kb build`"
    ) as caught:
        open_snapshot(folder)
    assert caught.value.code == "SNAPSHOT_ENCODER"


def test_another_tokenizer_is_recognised_too(own_snapshot: Path, signed: Sign) -> None:
    path = own_snapshot / "tokenizer.json"
    path.write_text(path.read_text().replace('"a": 97', '"a": 98').replace('"b": 98', '"b": 97'))
    with pytest.raises(KbError, match="kb build"):
        open_snapshot(signed())


def test_an_encoder_of_another_width_is_refused(own_snapshot: Path, signed: Sign) -> None:
    save_onnx(HashingEncoder(dim=32), own_snapshot)
    with pytest.raises(KbError, match=r"encoder\.onnx.*width 32, not 64.*`kb build`"):
        open_snapshot(signed())


def test_an_encoder_that_does_not_fit_the_vectors_is_refused(
    own_snapshot: Path, signed: Sign
) -> None:
    other = HashingEncoder(dim=32)
    save_onnx(other, own_snapshot)
    folder = signed(encoder=other.spec.to_json(), probe=probe_of(other))
    with pytest.raises(SnapshotError, match=r"encoder\.onnx.*width 32.*64.*`kb build`"):
        open_snapshot(folder)


def test_an_incomplete_description_of_the_encoder_is_refused(signed: Sign) -> None:
    with pytest.raises(KbError, match=r"revision.*`kb build`"):
        open_snapshot(signed(encoder={"id": "x", "dim": 64}))


def test_another_analyzer_is_refused_by_name(signed: Sign) -> None:
    folder = signed(analyzer="words/0")
    with pytest.raises(SnapshotError) as caught:
        open_snapshot(folder)
    assert caught.value.code == "SNAPSHOT_VERSION"
    for part in (str(folder), "words/0", ANALYZER_ID, "`kb build`"):
        assert part in str(caught.value)


def test_another_format_version_is_refused_by_number(signed: Sign) -> None:
    folder = signed(format_version=99)
    with pytest.raises(SnapshotError, match=r"manifest\.json: format version 99.*`kb build`"):
        open_snapshot(folder)


@pytest.mark.parametrize("name", sorted(FILES - {"encoder.onnx", "tokenizer.json"}))
def test_a_file_of_nonsense_with_a_right_checksum_is_refused(
    own_snapshot: Path, signed: Sign, name: str
) -> None:
    (own_snapshot / name).write_bytes(b"\x00nonsense")
    folder = signed()
    with pytest.raises(SnapshotError, match="cannot be opened") as caught:
        open_snapshot(folder)
    assert str(folder) in str(caught.value)
    assert "`kb build`" in str(caught.value)


def test_the_pointer_names_the_live_folder(own_snapshot: Path) -> None:
    assert current_folder(own_snapshot.parent) == own_snapshot


@pytest.mark.parametrize("content", [b"", b"\n", b"0123456789abcdef\n", b"\xff\xfe\n", b"a\x00b"])
def test_a_damaged_pointer_is_refused_by_its_name(own_snapshot: Path, content: bytes) -> None:
    pointer = own_snapshot.parent / POINTER_NAME
    pointer.write_bytes(content)
    with pytest.raises(SnapshotError) as caught:
        current_folder(own_snapshot.parent)
    assert str(pointer) in str(caught.value)
    assert "`kb build`" in str(caught.value)


def test_one_flipped_byte_of_the_pointer_is_noticed(own_snapshot: Path) -> None:
    pointer = own_snapshot.parent / POINTER_NAME
    good = pointer.read_bytes()
    for position in range(len(good.strip())):
        for mask in (0x01, 0x80):
            bad = bytearray(good)
            bad[position] ^= mask
            pointer.write_bytes(bad)
            with pytest.raises(SnapshotError, match=r"CURRENT.*`kb build`"):
                open_snapshot(current_folder(own_snapshot.parent))


def test_without_a_pointer_there_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"There is no snapshot.*CURRENT.*`kb build`"):
        current_folder(tmp_path)


def test_the_encoder_in_the_snapshot_makes_the_vectors_of_the_build(mini_snapshot: Path) -> None:
    snapshot = open_snapshot(mini_snapshot)
    assert isinstance(snapshot.encoder, OnnxEncoder)
    texts = ["提币没到账", "lost my phrase", ""]
    expected = HashingEncoder().encode_queries(texts)
    assert snapshot.encoder.encode_queries(texts) == pytest.approx(expected, abs=1e-5)
