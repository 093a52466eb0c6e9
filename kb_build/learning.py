"""Everything a build learns from its finished index: thresholds, classifier, two linear models.

It knows nothing of files but the cache of vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb_build.calibration import UNCALIBRATED, CalibrationReport, calibrate
from kb_build.classifier_training import train_classifier
from kb_build.urgency_training import read_urgency_examples, train_urgency
from kb_build.vectors import VectorCache, vector_key
from search_index.classifier import ArticleClassifier
from search_index.encoder import Encoder, EncoderSpec, FloatMatrix
from search_index.linear import LinearModel
from search_index.manifest import Calibration
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts

OFF_TOPIC_SAMPLED = 4
"""Every fourth off-topic query shows the urgency model what is far from everything."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a searcher needs besides the index."""

    calibration: Calibration
    classifier: ArticleClassifier | None
    urgency: LinearModel
    scope: LinearModel


def learn(
    parts: IndexParts,
    documents: Sequence[Sequence[str]],
    off_topic: Sequence[str],
    encoder: Encoder,
    cache_path: Path,
) -> tuple[Learned, CalibrationReport]:
    """Fit the classifier, measure thresholds and fit the models of urgency and scope.

    Args:
        parts: the finished index; its own models are not used.
        documents: terms of each document of the body index.
        off_topic: queries that nothing here answers, in the order of the background.
        encoder: the snapshot's query encoder.
        cache_path: vector cache.
    """
    parts = replace(parts, classifier=train_classifier(parts))
    with closing(VectorCache(cache_path)) as cache:
        queries = KnownQueries(encoder, cache)
        searcher = Searcher(parts, queries, UNCALIBRATED, "", cache_entries=0)
        calibration, scope, report = calibrate(searcher, documents, off_topic)
        urgency = train_urgency(searcher, read_urgency_examples(), off_topic[::OFF_TOPIC_SAMPLED])
    return Learned(calibration, parts.classifier, urgency, scope), report


class KnownQueries:
    """An encoder that looks a text up before it computes its vector.

    The model has vectors of most of these texts, but thresholds hold for what is served: measured
    with the model's they refused a third more real questions.

    Args:
        encoder: the exported one; computes what is not in the cache.
        cache: vectors that ``encoder`` computed in earlier builds.
    """

    def __init__(self, encoder: Encoder, cache: VectorCache) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self._cache = cache
        self.spec: EncoderSpec = encoder.spec
        # The exported encoder is not the model: their vectors differ in the third digit.
        self._revision = f"{encoder.spec.revision}/exported"

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.spec.dim

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        keys = {t: vector_key(self._revision, "query", t) for t in texts if t not in self._known}
        if keys:
            cached = self._cache.read(keys.values())
            self._known.update({t: cached[key] for t, key in keys.items() if key in cached})
            missing = [t for t in keys if t not in self._known]
            if missing:
                fresh = dict(zip(missing, self._encoder.encode_queries(missing), strict=True))
                self._cache.write({keys[t]: vector for t, vector in fresh.items()})
                self._known.update(fresh)
        return np.stack([self._known[t] for t in texts])

    def encode_documents(self, texts: Sequence[str]) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``, always computed."""
        return self._encoder.encode_documents(texts)
