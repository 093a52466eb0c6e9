"""Fits the classifier of articles to all that they are asked; knows nothing of where it is used."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from kb_build.term_weights import weigh_terms
from search_index.analyzer import analyze
from search_index.classifier import ArticleClassifier
from search_index.passage_vectors import owners_of
from search_index.snapshot import IndexParts

FloatArray = NDArray[np.float64]

_RIDGE = 0.03
_WORD_SCALE = 6.5
"""Source of both: our development queries. Scales of 5 to 8 and a ridge of .01 to .03 find the same
within half a point; sites with ten questions an article want the smaller scale."""
ROWS_AN_ARTICLE = 6
"""With fewer on average it does harm. Source: the development queries on our articles with some of
their phrasings: 4 rows an article lose 1.7 points of hit@1 by it, 6 win 0.6, 10 win 2.2, 23 win
2.7."""
MOST_CELLS = 4_000_000
"""Rows times articles. Time and memory of the fit grow with it: ours are a quarter, and take six
seconds; sites above it are searched without a classifier."""
_STEPS = 15
"""Of L-BFGS (Liu & Nocedal 1989). Sixty give the development queries the same first hits."""


def train_classifier(
    parts: IndexParts, left_out: NDArray[np.bool_] | None = None
) -> ArticleClassifier | None:
    """Return the classifier of an index, or None when there is too little to learn, or too much.

    Args:
        parts: vectors and texts are read from it.
        left_out: rows of ``parts.vectors.asked`` that are not learned from.
    """
    count = parts.vectors.asked.row_count
    rows = np.arange(count) if left_out is None else np.flatnonzero(~left_out)
    article_ids = tuple(parts.article_ids)
    enough = count >= ROWS_AN_ARTICLE * len(article_ids)
    if len(article_ids) < 2 or not enough or count * len(article_ids) > MOST_CELLS:
        return None
    owners = owners_of(parts.passages)[rows]
    terms = [set(analyze(parts.passages[row].text)) for row in rows]
    scales, words = weigh_terms(terms, _WORD_SCALE)
    vectors = parts.vectors.asked.vectors(rows).astype(np.float64)
    spread = math.sqrt(vectors.shape[1])
    dense = np.column_stack([vectors * spread, np.ones(len(rows))])
    weights = _fit(dense, words, owners, len(article_ids))
    of_dense, of_words = weights[: dense.shape[1]], weights[dense.shape[1] :]
    of_dense[:-1] *= spread
    of_words *= np.array(list(scales.values()))[:, None]
    return ArticleClassifier(
        article_ids,
        np.round(of_dense, 4).astype(np.float32),  # the last bits depend on the linear algebra
        {term: number for number, term in enumerate(scales)},
        np.round(of_words, 4).astype(np.float16),
    )


def _fit(
    dense: FloatArray, words: csr_array, owners: NDArray[np.int64], articles: int
) -> FloatArray:
    """Return the weights of multinomial logistic regression under a ridge penalty.

    Every article weighs the same, however many rows it has.

    Args:
        dense: last column 1, its weights are free, ``[rows, values]``.
        words: ``[rows, words]``.
        owners: article of each row.
        articles: their number.

    Returns:
        Shape ``[values + words, articles]``.
    """
    rows, values = dense.shape
    shape = (values + words.shape[1], articles)
    across = csr_array(words.T)
    sizes = np.bincount(owners, minlength=articles)
    weights = 1 / (np.count_nonzero(sizes) * sizes[owners])
    numbers = np.arange(rows)
    penalty = np.full((shape[0], 1), _RIDGE)
    penalty[values - 1] = 0

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        solution = flat.reshape(shape)
        logits = dense @ solution[:values] + words @ solution[values:]
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        sums = shares.sum(axis=1)
        told = logits[numbers, owners] - np.log(sums)
        shares *= (weights / sums)[:, None]
        shares[numbers, owners] -= weights
        penalised = penalty * solution
        slope = penalised + np.concatenate([dense.T @ shares, across @ shares])
        return float(-(weights @ told) + (penalised * solution).sum() / 2), slope.ravel()

    start = np.zeros(shape[0] * articles)
    options = {"maxiter": _STEPS, "maxcor": 5, "ftol": 1e-9, "gtol": 1e-9}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    solution: FloatArray = found.x.reshape(shape)
    return solution
