"""Stands in for `kb_build.model.Model`: encodes by hashing and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deterministic_encoder import FloatMatrix, HashingEncoder

Progress = Callable[[str, int, int], None]


class HashingModel(HashingEncoder):
    """A `HashingEncoder` with the list of texts it encoded."""

    def __init__(self, dim: int = 64, seed: int = 7) -> None:
        super().__init__(dim, seed)
        self.encoded: list[str] = []

    def encode_queries(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        self.encoded += texts
        return super().encode_queries(texts, progress)

    def encode_documents(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        self.encoded += texts
        return super().encode_documents(texts, progress)
