"""Passages to a matrix, cached by text and encoder; knows neither FAISS nor the snapshot."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import normalise
from search_index.encoder import EncoderSpec
from search_index.records import Passage

FloatMatrix = NDArray[np.float32]
Role = Literal["query", "document"]
Progress = Callable[[str, int, int], None]
"""Called with (what, done, total)."""


class TextEncoder(Protocol):
    """What this module asks of a model."""

    @property
    def spec(self) -> EncoderSpec:
        """What the model is; `EncoderSpec.revision` changes with its weights or prompts."""

    def encode_queries(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""

    def encode_documents(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> FloatMatrix:
        """Return unit vectors ``[texts, dim]``."""


@dataclass(frozen=True, slots=True)
class EncodedPassages:
    """Row i belongs to passage i.

    Attributes:
        matrix: float32, shape ``[passages, dim]``.
        encoded: number of texts that were not in the cache.
    """

    matrix: FloatMatrix
    encoded: int


def encode_passages(
    passages: Sequence[Passage],
    encoder: TextEncoder,
    cache_path: Path,
    progress: Progress | None = None,
) -> EncodedPassages:
    """Return one vector a passage.

    A question is a query vector. A section is a document vector of heading and text. An article
    is ½ · query(title) + ½ · document(title + body), which finds 4 points more than either
    alone (findings/retrieval.md, recipe 3); it is left unnormalised, so its inner product is
    the mean of two cosines.
    """
    wanted: list[tuple[Role, str]] = []
    for passage in passages:
        if passage.kind == "question":
            wanted.append(("query", normalise(passage.text)))
        elif passage.kind == "section":
            wanted.append(("document", normalise(f"{passage.heading}\n{passage.text}")))
        else:
            wanted.append(("query", normalise(passage.heading)))
            wanted.append(("document", normalise(passage.text)))
    vectors, encoded = encode_texts(wanted, encoder, cache_path, progress)
    rows = []
    position = 0
    for passage in passages:
        if passage.kind == "article":
            rows.append((vectors[position] + vectors[position + 1]) / 2)
            position += 2
        else:
            rows.append(vectors[position])
            position += 1
    return EncodedPassages(np.stack(rows).astype(np.float32), encoded)


def encode_texts(
    wanted: Sequence[tuple[Role, str]],
    encoder: TextEncoder,
    cache_path: Path,
    progress: Progress | None = None,
) -> tuple[FloatMatrix, int]:
    """Return the vectors of ``wanted`` in order, and how many were not in the cache."""
    keys = [_key(encoder.spec.revision, role, text) for role, text in wanted]
    with closing(VectorCache(cache_path)) as cache:
        known = cache.read(keys)
        missing = {key: item for key, item in zip(keys, wanted, strict=True) if key not in known}
        for role in ("query", "document"):
            items = {key: text for key, (r, text) in missing.items() if r == role}
            if items:
                encode = encoder.encode_queries if role == "query" else encoder.encode_documents
                fresh = dict(zip(items, encode(list(items.values()), progress), strict=True))
                cache.write(fresh)
                known.update(fresh)
    return np.stack([known[key] for key in keys]), len(missing)


class VectorCache:
    """Vectors by key in one SQLite file; safe to delete at any time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=60)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
        )

    def read(self, keys: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors of the keys that are known."""
        found = {}
        for key in set(keys):
            row = self._connection.execute(
                "SELECT vector FROM vectors WHERE key = ?", (key,)
            ).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], dtype=np.float32)
        return found

    def write(self, vectors: dict[bytes, NDArray[np.float32]]) -> None:
        """Add vectors."""
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                ((key, v.astype(np.float32).tobytes()) for key, v in vectors.items()),
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _key(fingerprint: str, role: Role, text: str) -> bytes:
    return hashlib.sha256(f"{fingerprint}\0{role}\0{text}".encode()).digest()
