"""Vectors of passages: what is searched and what is only read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from read_fixtures import make_passages

from search_index.passage_vectors import PassageVectors, owners_of

PASSAGES = make_passages()
MATRIX = np.random.default_rng(1).standard_normal((len(PASSAGES), 32)).astype(np.float32)


def test_sections_are_kept_but_not_searched() -> None:
    vectors = PassageVectors.build(PASSAGES, MATRIX)
    sections = sum(p.kind == "section" for p in PASSAGES)
    assert (len(vectors.sections), vectors.asked.row_count) == (
        sections,
        len(PASSAGES) - sections,
    )
    assert vectors.matrix() == pytest.approx(MATRIX, abs=2e-3)
    assert vectors.dim == 32


def test_an_article_is_its_place_among_the_ids() -> None:
    ids = sorted({p.article_id for p in PASSAGES})
    assert [ids[owner] for owner in owners_of(PASSAGES)] == [p.article_id for p in PASSAGES]


def test_passages_in_another_order_are_refused() -> None:
    with pytest.raises(AssertionError, match="sections do not stand last"):
        PassageVectors.build(PASSAGES[::-1], MATRIX)


def test_saved_vectors_are_the_same(tmp_path: Path) -> None:
    made = PassageVectors.build(PASSAGES, MATRIX)
    made.save(tmp_path)
    loaded = PassageVectors.load(tmp_path)
    assert np.array_equal(made.matrix(), loaded.matrix())
    assert not loaded.sections.flags.owndata, "sections stay in the file"
