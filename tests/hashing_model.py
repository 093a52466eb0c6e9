"""Stands in for `kb_build.model.Model`: encodes by hashing and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deterministic_encoder import FloatMatrix, HashingEncoder

Progress = Callable[[str, int, int], None]


class HashingModel(HashingEncoder):
    """A `HashingEncoder` with the lists of texts it encoded."""

    def __init__(self, dim: int = 64, seed: int = 7) -> None:
        super().__init__(dim, seed)
        self.encoded_queries: list[str] = []
        self.encoded_documents: list[str] = []

    @property
    def encoded(self) -> list[str]:
        """All texts that were encoded."""
        return self.encoded_queries + self.encoded_documents

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        self.encoded_queries += texts
        if progress:
            progress("encode query texts", len(texts), len(texts))
        return super().encode_queries(texts)

    def encode_documents(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""
        self.encoded_documents += texts
        if progress:
            progress("encode document texts", len(texts), len(texts))
        return super().encode_documents(texts)
