"""What the classifier learns from an index, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from kb_build import classifier_training
from kb_build.classifier_training import train_classifier
from search_index.analyzer import analyze
from search_index.passage_vectors import owners_of
from search_index.snapshot import IndexParts, Snapshot


@pytest.fixture
def parts(built_snapshot: Snapshot) -> IndexParts:
    """The index of the tiny site."""
    return built_snapshot.parts


def test_the_site_has_the_classifier_of_its_passages(parts: IndexParts) -> None:
    again = train_classifier(parts)
    assert parts.classifier is not None
    assert again is not None
    assert again.article_ids == tuple(parts.article_ids)
    assert np.array_equal(again.dense, parts.classifier.dense)
    assert np.array_equal(again.words, parts.classifier.words)


def test_what_it_has_seen_it_knows(parts: IndexParts) -> None:
    classifier = train_classifier(parts)
    assert classifier is not None
    rows = np.arange(parts.vectors.asked.row_count)
    terms = [analyze(parts.passages[row].text) for row in rows]
    shares = classifier.log_shares(parts.vectors.asked.vectors(rows), terms)
    assert (shares.argmax(axis=1) == owners_of(parts.passages)[rows]).mean() > 0.9


def test_what_is_left_out_it_has_not_seen(parts: IndexParts) -> None:
    row = next(r for r, p in enumerate(parts.passages) if p.kind == "question")
    left_out = np.arange(parts.vectors.asked.row_count) == row
    shares = []
    for classifier in (train_classifier(parts), train_classifier(parts, left_out)):
        assert classifier is not None
        terms = [analyze(parts.passages[row].text)]
        found = classifier.log_shares(parts.vectors.asked.vectors([row]), terms)
        shares.append(found[0, owners_of(parts.passages)[row]])
    assert shares[1] < shares[0]


def test_an_article_with_more_rows_is_not_expected_more() -> None:
    owners = np.array([0] * 10 + [1])
    weights = classifier_training._fit(np.ones((11, 1)), csr_array((11, 0)), owners, 2)
    assert weights[0] == pytest.approx([0.0, 0.0], abs=1e-6)


def test_too_few_or_too_many_rows_give_none(
    parts: IndexParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier_training, "ROWS_AN_ARTICLE", 50)
    assert train_classifier(parts) is None
    monkeypatch.setattr(classifier_training, "ROWS_AN_ARTICLE", 6)
    assert train_classifier(parts) is not None
    monkeypatch.setattr(classifier_training, "MOST_CELLS", 5)
    assert train_classifier(parts) is None
