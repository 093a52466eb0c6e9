"""FAISS gives what exact arithmetic gives, with higher scores better."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search_index import dense
from search_index.dense import DenseIndex, centred

RANDOM = np.random.default_rng(3)


def unit_vectors(rows: int, dim: int = 48) -> np.ndarray:
    vectors = RANDOM.standard_normal((rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = unit_vectors(200)
QUERIES = unit_vectors(7)


def test_scores_equal_exact_inner_products() -> None:
    scores, rows = DenseIndex.build(VECTORS).search(QUERIES, 200)
    exact = QUERIES.astype(np.float64) @ VECTORS.astype(np.float64).T
    assert scores == pytest.approx(np.take_along_axis(exact, rows, axis=1), abs=1e-3)


def test_rows_come_in_the_order_of_exact_arithmetic() -> None:
    _, rows = DenseIndex.build(VECTORS).search(QUERIES, 10)
    assert np.array_equal(rows, np.argsort(-(QUERIES @ VECTORS.T), axis=1)[:, :10])


def test_higher_is_better_and_comes_first() -> None:
    scores, _ = DenseIndex.build(VECTORS).search(QUERIES, 50)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_a_vector_finds_itself_with_score_1() -> None:
    scores, rows = DenseIndex.build(VECTORS).search(VECTORS[:5], 1)
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert scores[:, 0] == pytest.approx(1.0, abs=1e-6)


def test_vectors_are_kept_as_given_even_when_not_of_length_1() -> None:
    index = DenseIndex.build(VECTORS * 0.5)
    assert index.search(VECTORS[:1], 1)[0][0, 0] == pytest.approx(0.5, abs=1e-6)
    assert np.array_equal(index.vectors([4, 2]), VECTORS[[4, 2]] * 0.5)


def test_asking_for_more_rows_than_there_are_gives_all() -> None:
    scores, rows = DenseIndex.build(VECTORS[:3]).search(QUERIES, 512)
    assert scores.shape == rows.shape == (7, 3)
    assert (rows >= 0).all()


def test_the_scores_of_all_rows_are_exact() -> None:
    scores = DenseIndex.build(VECTORS).scores(QUERIES, 3)
    assert scores == pytest.approx(QUERIES @ VECTORS.T, abs=1e-6)


def test_centring_takes_off_what_all_vectors_share() -> None:
    shared = unit_vectors(1)[0] * 3
    moved = centred(VECTORS + shared, shared)
    assert moved == pytest.approx(VECTORS, abs=1e-5)
    assert moved.dtype == np.float32


def test_a_vector_that_is_the_mean_itself_becomes_no_nan() -> None:
    moved = centred(VECTORS[:1], VECTORS[0])
    assert np.array_equal(moved, np.zeros((1, 48)))


def test_no_rows_give_no_vectors() -> None:
    index = DenseIndex.build(VECTORS)
    assert index.vectors([]).shape == (0, 48)
    assert (index.row_count, index.dim) == (200, 48)


def test_a_saved_index_answers_the_same(tmp_path: Path) -> None:
    index = DenseIndex.build(VECTORS)
    index.save(tmp_path / "vectors.faiss")
    loaded = DenseIndex.load(tmp_path / "vectors.faiss")
    for one, other in zip(index.search(QUERIES, 9), loaded.search(QUERIES, 9), strict=True):
        assert np.array_equal(one, other)


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        DenseIndex.build(VECTORS.copy()).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


CENTRES = unit_vectors(30)
MANY = centred(np.repeat(CENTRES, 100, axis=0) + 0.1 * unit_vectors(3000), np.zeros(48, np.float32))


@pytest.fixture(params=["many rows", "very many rows"])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DenseIndex:
    """Three thousand rows, searched by codes learned from some of them."""
    monkeypatch.setattr(dense, "_CODEBOOK_ROWS", 2000)
    if request.param == "very many rows":
        monkeypatch.setattr(dense, "MANY_ROWS", 2500)
    return DenseIndex.build(MANY)


def test_a_large_index_finds_nearly_what_exact_arithmetic_finds(large: DenseIndex) -> None:
    queries = centred(MANY[::300] + 0.05 * unit_vectors(10), np.zeros(48, np.float32))
    scores, rows = large.search(queries, 20)
    exact = queries @ MANY.T
    wanted = np.argsort(-exact, axis=1)[:, :20]
    assert np.mean(rows[:, 0] == wanted[:, 0]) >= 0.9
    assert scores == pytest.approx(np.take_along_axis(exact, wanted, axis=1), abs=0.01)


def test_few_rows_of_a_coded_index_are_scored_in_half_precision() -> None:
    scores, rows = DenseIndex.build(MANY).search(MANY[::100], 3)
    exact = MANY[::100] @ MANY.T
    assert np.mean(rows == np.argsort(-exact, axis=1)[:, :3]) > 0.9
    assert scores == pytest.approx(np.take_along_axis(exact, rows, axis=1), abs=1e-3)


def test_a_large_index_gives_as_many_rows_as_asked_for(large: DenseIndex) -> None:
    _, rows = large.search(MANY[:1], 3000)
    assert np.array_equal(np.sort(rows[0]), np.arange(3000))


def test_rows_of_a_large_index_beyond_the_closest_get_the_score_of_the_last_of_these(
    large: DenseIndex,
) -> None:
    query = large.vectors([7])
    found, rows = large.search(query, 20)
    scores = large.scores(query, 20)
    assert scores.shape == (1, large.row_count)
    assert np.array_equal(scores[0, rows[0]], found[0])
    assert (np.delete(scores[0], rows[0]) == found[0, -1]).all()


def test_a_large_index_gives_its_vectors_back_before_and_after_loading(
    large: DenseIndex, tmp_path: Path
) -> None:
    large.save(tmp_path / "vectors.faiss")
    loaded = DenseIndex.load(tmp_path / "vectors.faiss")
    rows = [2999, 3, 41, 2400]
    assert large.vectors(rows) == pytest.approx(MANY[rows], abs=1e-3)
    assert np.array_equal(loaded.vectors(rows), large.vectors(rows))
    assert (loaded.row_count, loaded.dim) == (3000, 48)
    for limit in (3, 200):
        for one, other in zip(
            large.search(QUERIES, limit), loaded.search(QUERIES, limit), strict=True
        ):
            assert np.array_equal(one, other)


def test_a_large_index_has_the_same_bytes_each_time(large: DenseIndex, tmp_path: Path) -> None:
    large.save(tmp_path / "a")
    DenseIndex.build(MANY.copy()).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
