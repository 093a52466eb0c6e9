"""What an article is asked as a whole, and what phrasings of one article differ in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search_index.centroids import Centroids

RANDOM = np.random.default_rng(5)
DIM = 16
ARTICLES = 40
EACH = 12


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def phrasings(loud: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors of questions, their articles and the articles' own directions.

    Half of the dimensions tell articles apart; in the others phrasings of one article vary
    ``loud`` times as much, as languages and moods do.
    """
    centres = RANDOM.standard_normal((ARTICLES, DIM))
    centres[:, DIM // 2 :] = 0
    noise = RANDOM.standard_normal((ARTICLES * EACH, DIM)) * 0.4
    noise[:, DIM // 2 :] *= loud
    owners = np.repeat(np.arange(ARTICLES), EACH)
    return unit(centres[owners] + noise), owners, centres


def test_the_closest_article_is_found_through_what_phrasings_vary_in() -> None:
    vectors, owners, _ = phrasings(loud=6)
    shown = np.arange(len(owners)) % EACH > 0  # one question of each article is not shown
    centroids = Centroids.build(vectors[shown], owners[shown], ARTICLES)
    asked = vectors[~shown]
    right = (centroids.closeness(asked, 1).argmax(axis=1) == owners[~shown]).mean()
    means = unit(np.array([vectors[shown & (owners == a)].mean(axis=0) for a in range(ARTICLES)]))
    plain = ((asked @ means.T).argmax(axis=1) == owners[~shown]).mean()
    assert right > plain


def test_what_phrasings_vary_in_counts_less_than_what_articles_differ_in() -> None:
    vectors, owners, _ = phrasings(loud=6)
    metric = Centroids.build(vectors, owners, ARTICLES).metric
    assert metric[-1, -1] < 0.5 * metric[0, 0]


def test_closeness_is_the_cosine_after_the_normalisation_times_the_query_s_length_there() -> None:
    vectors, owners, _ = phrasings(loud=2)
    centroids = Centroids.build(vectors, owners, ARTICLES)
    normalise = np.linalg.cholesky(centroids.metric)
    asked = vectors[:9] @ normalise
    means = np.array([vectors[owners == a].mean(axis=0) for a in range(ARTICLES)]) @ normalise
    wanted = np.linalg.norm(asked, axis=1)[:, None] * (unit(asked) @ unit(means).T)
    assert centroids.closeness(vectors[:9], ARTICLES) == pytest.approx(wanted, abs=1e-4)


def test_one_vector_an_article_leaves_plain_cosines() -> None:
    vectors = unit(RANDOM.standard_normal((5, DIM)))
    centroids = Centroids.build(vectors, np.arange(5), 5)
    assert centroids.closeness(vectors, 5) == pytest.approx(vectors @ vectors.T, abs=1e-5)


def test_an_article_without_some_of_its_vectors_is_what_the_others_make() -> None:
    vectors, owners, _ = phrasings(loud=2)
    centroids = Centroids.build(vectors, owners, ARTICLES)
    hidden, rest = vectors[:2], vectors[2:EACH]
    mean = rest.mean(axis=0)
    moved = centroids.metric @ mean
    wanted = vectors[40:45] @ moved / np.sqrt(mean @ moved)
    assert centroids.without(0, hidden, vectors[40:45]) == pytest.approx(wanted, abs=1e-4)


def test_an_article_without_any_of_its_vectors_is_close_to_nothing() -> None:
    vectors, owners, _ = phrasings(loud=2)
    centroids = Centroids.build(vectors, owners, ARTICLES)
    assert np.array_equal(centroids.without(0, vectors[:EACH], vectors[:3]), np.zeros(3))


def test_saved_centroids_answer_the_same_and_have_the_same_bytes(tmp_path: Path) -> None:
    vectors, owners, _ = phrasings(loud=2)
    for name in "ab":
        Centroids.build(vectors.copy(), owners, ARTICLES).save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["articles.faiss", "means.npy", "metric.npy"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    made, loaded = Centroids.build(vectors, owners, ARTICLES), Centroids.load(tmp_path / "a")
    assert np.array_equal(made.closeness(vectors, 5), loaded.closeness(vectors, 5))
    assert np.array_equal(
        made.without(3, vectors[:1], vectors), loaded.without(3, vectors[:1], vectors)
    )
