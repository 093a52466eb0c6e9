"""The classifier of articles: probabilities from a vector and words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search_index.classifier import ArticleClassifier

DENSE = np.array([[2.0, 0.0, -2.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.0]], dtype=np.float32)
WORDS = np.array([[0.0, 4.0, 0.0], [-1.0, 0.0, 1.0]], dtype=np.float16)
MODEL = ArticleClassifier(("KB-1", "KB-2", "KB-3"), DENSE, {"币": 0, "链": 1}, WORDS)
VECTORS = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)


def test_probabilities_of_all_articles_sum_to_one() -> None:
    shares = np.exp(MODEL.log_shares(VECTORS, [["币"], []]))
    assert shares.sum(axis=1) == pytest.approx([1.0, 1.0])


def test_without_known_words_the_vector_decides() -> None:
    logits = np.array([2.5, 0.0, -2.0])
    expected = logits - np.log(np.exp(logits).sum())
    assert MODEL.log_shares(VECTORS[:1], [["新", "词"]])[0] == pytest.approx(expected, abs=1e-5)


def test_a_word_counts_once_and_less_among_many() -> None:
    alone, twice, among = (
        MODEL.log_shares(VECTORS[:1], [terms])[0]
        for terms in (["币"], ["币", "币"], ["币", "到", "账", "吗"])
    )
    assert np.array_equal(alone, twice)
    assert alone[1] - alone[0] == pytest.approx(4.0 - 2.5, abs=1e-5)
    assert among[1] - among[0] == pytest.approx(4.0 / 2 - 2.5, abs=1e-5)


def test_texts_do_not_change_each_other() -> None:
    together = MODEL.log_shares(VECTORS, [["币"], ["链"]])
    apart = [MODEL.log_shares(VECTORS[i : i + 1], [[w]])[0] for i, w in enumerate("币链")]
    assert together == pytest.approx(np.stack(apart), abs=1e-6)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    MODEL.save(tmp_path)
    loaded = ArticleClassifier.load(tmp_path)
    assert loaded is not None
    assert loaded.article_ids == MODEL.article_ids
    terms = [["币", "链"], ["链"]]
    assert np.array_equal(loaded.log_shares(VECTORS, terms), MODEL.log_shares(VECTORS, terms))


def test_where_nothing_was_saved_nothing_is_loaded(tmp_path: Path) -> None:
    assert ArticleClassifier.load(tmp_path / "classifier") is None
