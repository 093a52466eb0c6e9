"""Stands in for `kb_build.model.Model`: encodes by hashing and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deterministic_encoder import FloatMatrix, HashingEncoder

from kb_build import learning, pipeline
from kb_build.urgency_training import UrgencyExample

Progress = Callable[[str, int, int], None]

OFF_TOPIC = ["明天会下雨吗", "红烧肉怎么做", "今天股票涨了吗", "weather in london", "pizza recipe"]

URGENCY = [
    UrgencyExample("币被盗了，正在被转走", "zh-CN", True),
    UrgencyExample("怎么防止被盗", "zh-CN", False),
]


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


def make_builds_quick(put: Callable[[object, str, object], None] = setattr) -> HashingModel:
    """Put the hashing encoder and a short off-topic list into the pipeline."""
    model = HashingModel()
    put(pipeline, "open_model", lambda *_, **__: model)
    put(pipeline, "read_off_topic", lambda: OFF_TOPIC)
    put(learning, "read_urgency_examples", lambda: URGENCY)
    return model
