"""A fast encoder for unit tests: texts that share characters are similar, nothing is learnt."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

import numpy as np

from search_index.encoder import EncoderSpec, FloatMatrix, clean_text


class HashingEncoder:
    """Sums one fixed random direction per character n-gram; same text, same bytes, anywhere.

    Implements `search_index.encoder.Encoder`, and `encode_*` with ``progress`` like
    `kb_build.model.Model`.
    """

    def __init__(self, dim: int = 256, revision: str = "1") -> None:
        self.spec = EncoderSpec(
            id="hashing",
            revision=f"hashing-{revision}-{dim}",
            dim=dim,
            query_prefix="",
            document_prefix="",
            max_tokens=512,
        )
        self._directions: dict[str, FloatMatrix] = {}

    @property
    def dim(self) -> int:
        return self.spec.dim

    def encode_queries(self, texts: Sequence[str], progress: object = None) -> FloatMatrix:
        return self._encode(texts)

    def encode_documents(self, texts: Sequence[str], progress: object = None) -> FloatMatrix:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> FloatMatrix:
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            total = sum((self._direction(gram) for gram in _grams(text)), np.zeros(self.dim))
            vectors[row] = total / np.linalg.norm(total)
        return vectors

    def _direction(self, gram: str) -> FloatMatrix:
        if gram not in self._directions:
            key = f"{self.spec.revision} {gram}".encode()
            bits = np.frombuffer(hashlib.shake_128(key).digest(self.dim // 8), dtype=np.uint8)
            self._directions[gram] = (np.unpackbits(bits) * 2.0 - 1.0).astype(np.float32)
        return self._directions[gram]


def _grams(text: str) -> list[str]:
    """Return "" and the characters, pairs and triples of a text, repeated ones once."""
    text = "".join(unicodedata.normalize("NFKC", clean_text(text)).lower().split())
    grams = {"": None}
    for size in (1, 2, 3):
        grams |= dict.fromkeys(text[i : i + size] for i in range(len(text) - size + 1))
    return list(grams)
