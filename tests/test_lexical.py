"""BM25 against the formula written out, and its bound."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.analyzer import analyze
from search_index.lexical import LexicalIndex

K1, B = 1.2, 0.75
DOCUMENTS = [
    analyze(text)
    for text in (
        "提币没到账怎么办 withdrawal not received withdrawal",
        "转账选错网络",
        "收不到验证码 no code",
        "钱包被盗 wallet stolen wallet wallet",
    )
]
TERM = st.sampled_from([*"abcdefgh"])
CORPUS = st.lists(st.lists(TERM, min_size=1, max_size=12), min_size=1, max_size=8)


def naive_idf(documents: Sequence[Sequence[str]], term: str) -> float:
    frequency = sum(term in document for document in documents)
    return math.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))


def naive_bm25(documents: Sequence[Sequence[str]], terms: Sequence[str]) -> list[float]:
    """Robertson & Zaragoza 2009 in Lucene's form: without the constant factor k1 + 1."""
    mean_length = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        counts = Counter(document)
        norm = K1 * (1 - B + B * len(document) / mean_length)
        scores.append(
            sum(
                naive_idf(documents, term) * counts[term] / (counts[term] + norm)
                for term in terms
                if counts[term]
            )
        )
    return scores


@given(CORPUS, st.lists(TERM, max_size=8))
def test_scores_are_those_of_the_formula(documents: list[list[str]], terms: list[str]) -> None:
    index = LexicalIndex.build(documents)
    assert index.scores(terms) == pytest.approx(naive_bm25(documents, terms), abs=1e-5)


@given(CORPUS, st.lists(st.sampled_from([*"abcdefghxyz"]), max_size=8))
def test_no_score_passes_the_upper_bound(documents: list[list[str]], terms: list[str]) -> None:
    index = LexicalIndex.build(documents)
    assert (index.scores(terms) <= index.upper_bound(terms) + 1e-5).all()
    assert (index.scores(terms) >= 0).all()


def test_the_upper_bound_is_approached_by_a_document_of_nothing_else() -> None:
    index = LexicalIndex.build([["a"] * 500, ["b"] * 500])
    assert index.scores(["a"])[0] > 0.99 * index.upper_bound(["a"])


def test_real_text_scores_as_the_formula_does() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    terms = analyze("我的 wallet 提币没到账")
    assert index.scores(terms) == pytest.approx(naive_bm25(DOCUMENTS, terms), abs=1e-5)
    assert index.idf("wallet") == pytest.approx(naive_idf(DOCUMENTS, "wallet"))


def test_a_term_said_twice_counts_twice() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert index.scores(["wallet"] * 2) == pytest.approx(2 * index.scores(["wallet"]))
    assert index.upper_bound(["wallet"] * 2) == pytest.approx(2 * index.upper_bound(["wallet"]))


def test_an_unknown_term_finds_nothing_but_raises_the_bound_most() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert not index.scores(["pizza"]).any()
    assert index.idf("pizza") > max(map(index.idf, index.vocabulary))


def test_no_term_scores_nothing() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert not index.scores([]).any()
    assert index.upper_bound([]) == 0


def test_an_empty_document_has_score_0() -> None:
    index = LexicalIndex.build([["a", "b"], [], ["a"]])
    assert index.document_count == 3
    assert index.scores(["a"])[1] == 0


def test_a_saved_index_scores_the_same(tmp_path: Path) -> None:
    index = LexicalIndex.build(DOCUMENTS)
    index.save(tmp_path / "bm25")
    loaded = LexicalIndex.load(tmp_path / "bm25")
    terms = analyze("wallet 没到账 pizza")
    assert np.array_equal(loaded.scores(terms), index.scores(terms))
    assert loaded.upper_bound(terms) == index.upper_bound(terms)
    assert loaded.vocabulary == index.vocabulary
    assert loaded.document_count == len(DOCUMENTS)


SAVE = """
import sys
from pathlib import Path
from search_index.lexical import LexicalIndex
LexicalIndex.build([["b", "a", "提币"], ["c", "a"]]).save(Path(sys.argv[1]))
"""


def test_saved_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    for seed in "12":
        folder = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", SAVE, folder], check=True, env=environment)
    names = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert names == ["data.npy", "indices.npy", "indptr.npy", "terms.json"]
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
