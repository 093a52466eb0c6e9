"""Passages to a matrix, cached by text and encoder; knows neither FAISS nor the snapshot."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import normalise
from search_index.dense import centred
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
        matrix: float32, shape ``[passages, dim]``, centred; see `search_index.dense.centred`.
        query_mean: mean of all query vectors; a query is centred with it.
        encoded: number of texts that were not in the cache.
    """

    matrix: FloatMatrix
    query_mean: NDArray[np.float32]
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
    texts = [_texts_of(passage) for passage in passages]
    wanted = [item for items in texts for item in items]
    vectors, encoded = encode_texts(wanted, encoder, cache_path, progress)
    is_query = np.array([role == "query" for role, _ in wanted])
    query_mean = _mean(vectors[is_query])
    vectors = np.where(
        is_query[:, None],
        centred(vectors, query_mean),
        centred(vectors, _mean(vectors[~is_query])),
    )
    rows = []
    position = 0
    for items in texts:
        rows.append(vectors[position : position + len(items)].mean(axis=0))
        position += len(items)
    return EncodedPassages(np.stack(rows).astype(np.float32), query_mean, encoded)


# A preview asks for the same thousands of texts at every save.
@lru_cache(maxsize=1 << 15)
def _normalised(text: str) -> str:
    return normalise(text)


def _texts_of(passage: Passage) -> list[tuple[Role, str]]:
    match passage.kind:
        case "article":
            return [
                ("query", _normalised(passage.heading)),
                ("document", _normalised(passage.text)),
            ]
        case "section":
            return [("document", _normalised(f"{passage.heading}\n{passage.text}"))]
        case _:
            return [("query", _normalised(passage.text))]


def _mean(vectors: FloatMatrix) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def encode_texts(
    wanted: Sequence[tuple[Role, str]],
    encoder: TextEncoder,
    cache_path: Path,
    progress: Progress | None = None,
) -> tuple[FloatMatrix, int]:
    """Return the vectors of ``wanted`` in order, and how many were not in the cache."""
    keys = [vector_key(encoder.spec.revision, role, text) for role, text in wanted]
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
    """Vectors by key in one SQLite file; safe to delete at any time.

    A file that is no database is replaced: what it held can be computed again.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open_cache(path)
        except sqlite3.OperationalError:  # locked, or not writable
            raise
        except sqlite3.DatabaseError:
            path.unlink()
            self._connection = _open_cache(path)

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


def _open_cache(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60)
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
        )
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def vector_key(fingerprint: str, role: Role, text: str) -> bytes:
    """Return the key of a text's vector in `VectorCache`."""
    return hashlib.sha256(f"{fingerprint}\0{role}\0{text}".encode()).digest()
