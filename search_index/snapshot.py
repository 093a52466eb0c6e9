"""An immutable folder that serves by itself: its files, how to write them and how to open them.

It knows nothing of queries. `kb_build.snapshot_writer` decides when a folder becomes the live one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_index.analyzer import ANALYZER_ID
from search_index.classifier import ArticleClassifier
from search_index.dense import DenseIndex
from search_index.encoder import Encoder, EncoderSpec, OnnxEncoder
from search_index.errors import KbError, SnapshotError
from search_index.lexical import LexicalIndex
from search_index.linear import LinearModel
from search_index.manifest import REBUILD, Manifest, load_manifest, verify_files
from search_index.passage_vectors import PassageVectors
from search_index.readings import Speller
from search_index.records import ArticleRecord, Passage
from search_index.suggestions import SuggestionIndex

POINTER_NAME = "CURRENT"
_CLASSIFIER_FOLDER = "classifier"
_CHATTER_FILE = "chatter.json"
_URGENCY_FILE = "urgency.json"
_SCOPE_FILE = "scope.json"
PROBE_TEXT = "提币没到账怎么办 my withdrawal has not arrived"
PROBE_VALUES = 16
# int8 kernels differ by processor: the same encoder stays above .99, another one below .5.
_PROBE_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class IndexParts:
    """Everything a searcher needs besides the encoder.

    Attributes:
        articles: one record an article and language.
        passages: grouped by kind, sections last.
        vectors: of the passages, in their order.
        body, title: BM25 with one document an article id (both languages together), in the
            order of `article_ids`.
        background: vectors of off-topic examples, to tell that a question is not ours.
        classifier: tells articles apart; none where there is too little or too much to learn.
        urgency: recognises emergencies.
        scope: recognises what this site is about.
        chatter: recognises pieces of long messages that say nothing of the trouble.
        query_mean: what is taken off a query vector; see `search_index.dense.centred`.
    """

    articles: tuple[ArticleRecord, ...]
    passages: tuple[Passage, ...]
    vectors: PassageVectors
    body: LexicalIndex
    title: LexicalIndex
    background: DenseIndex
    query_mean: NDArray[np.float32]
    classifier: ArticleClassifier | None
    urgency: LinearModel
    scope: LinearModel
    chatter: LinearModel
    speller: Speller
    suggestions: SuggestionIndex

    @property
    def article_ids(self) -> list[str]:
        """Ids in ascending order: the documents of the lexical indexes."""
        return sorted({article.article_id for article in self.articles})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open snapshot: manifest, parts and encoder."""

    folder: Path
    manifest: Manifest
    parts: IndexParts
    encoder: Encoder


def save_parts(parts: IndexParts, folder: Path) -> None:
    """Write all parts into ``folder``; the encoder's files are put there by its exporter."""
    folder.mkdir(parents=True, exist_ok=True)
    _save_lines(folder / "articles.jsonl", (a.to_json() for a in parts.articles))
    _save_lines(folder / "passages.jsonl", (p.to_json() for p in parts.passages))
    parts.vectors.save(folder)
    parts.background.save(folder / "background.faiss")
    if parts.classifier is not None:
        parts.classifier.save(folder / _CLASSIFIER_FOLDER)
    parts.urgency.save(folder / _URGENCY_FILE)
    parts.scope.save(folder / _SCOPE_FILE)
    parts.chatter.save(folder / _CHATTER_FILE)
    np.save(folder / "query_mean.npy", parts.query_mean, allow_pickle=False)
    parts.body.save(folder / "bm25" / "body")
    parts.title.save(folder / "bm25" / "title")
    parts.speller.save(folder / "spelling.json")
    parts.suggestions.save(folder / "suggestions.jsonl")


def load_parts(folder: Path) -> IndexParts:
    """Read what `save_parts` wrote."""
    classifier, urgency, scope = load_models(folder)
    return IndexParts(
        articles=tuple(map(ArticleRecord.from_json, _load_lines(folder / "articles.jsonl"))),
        passages=tuple(map(Passage.from_json, _load_lines(folder / "passages.jsonl"))),
        vectors=PassageVectors.load(folder),
        background=DenseIndex.load(folder / "background.faiss"),
        classifier=classifier,
        urgency=urgency,
        scope=scope,
        chatter=LinearModel.load(folder / _CHATTER_FILE),
        query_mean=np.load(folder / "query_mean.npy", allow_pickle=False),
        body=LexicalIndex.load(folder / "bm25" / "body"),
        title=LexicalIndex.load(folder / "bm25" / "title"),
        speller=Speller.load(folder / "spelling.json"),
        suggestions=SuggestionIndex.load(folder / "suggestions.jsonl"),
    )


def load_models(folder: Path) -> tuple[ArticleClassifier | None, LinearModel, LinearModel]:
    """Read only the classifier and the models of urgency and of scope."""
    return (
        ArticleClassifier.load(folder / _CLASSIFIER_FOLDER),
        LinearModel.load(folder / _URGENCY_FILE),
        LinearModel.load(folder / _SCOPE_FILE),
    )


def probe_of(encoder: Encoder) -> dict[str, Any]:
    """Return a text and the first values of its vector, by which the encoder is recognised."""
    vector = encoder.encode_queries([PROBE_TEXT])[0]
    return {
        "text": PROBE_TEXT,
        "values": [round(float(value), 4) for value in vector[:PROBE_VALUES]],
    }


def current_folder(snapshots: Path) -> Path:
    """Return the folder that the pointer names.

    Raises:
        SnapshotError: there is no pointer, or it names nothing.
    """
    pointer = snapshots / POINTER_NAME
    try:
        name = pointer.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        raise SnapshotError(
            f"There is no snapshot: {pointer} is missing.",
            code="SNAPSHOT_MISSING",
            remedy=REBUILD,
        ) from None
    folder = snapshots / name
    if not name or not folder.is_dir():
        raise SnapshotError(
            f"{pointer} names {name!r}, but {folder} is missing.",
            code="SNAPSHOT_MISSING",
            remedy=REBUILD,
        )
    return folder


def open_snapshot(folder: Path) -> Snapshot:
    """Check every file of ``folder`` and open it.

    Raises:
        SnapshotError: a file is missing or damaged, or the encoder, the analyzer or the format
            is not the one the snapshot was made with. The message names the file.
    """
    manifest = load_manifest(folder)
    verify_files(manifest, folder)
    if manifest.analyzer != ANALYZER_ID:
        raise SnapshotError(
            f"{folder}: made with analyzer {manifest.analyzer}, this software has {ANALYZER_ID}.",
            code="SNAPSHOT_VERSION",
            remedy=REBUILD,
        )
    try:
        spec = EncoderSpec.from_json(manifest.encoder)
        encoder = OnnxEncoder.open(folder, spec)
        parts = load_parts(folder)
    except KbError:
        raise
    except Exception as exc:  # any library's complaint about a file that passed its checksum
        raise SnapshotError(
            f"{folder} cannot be opened: {exc}.", code="SNAPSHOT_CORRUPT", remedy=REBUILD
        ) from exc
    _check_encoder(encoder, manifest, parts, folder)
    return Snapshot(folder, manifest, parts, encoder)


def _check_encoder(encoder: Encoder, manifest: Manifest, parts: IndexParts, folder: Path) -> None:
    if encoder.spec.dim != parts.vectors.dim:
        raise SnapshotError(
            f"{folder / 'encoder.onnx'}: vectors of width {encoder.spec.dim}, but "
            f"vectors.faiss holds width {parts.vectors.dim}.",
            code="SNAPSHOT_ENCODER",
            remedy=REBUILD,
        )
    expected = np.array(manifest.probe["values"], dtype=np.float32)
    found = encoder.encode_queries([str(manifest.probe["text"])])[0][: len(expected)]
    distance = float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
    if not distance < _PROBE_TOLERANCE * 4:
        raise SnapshotError(
            f"{folder / 'encoder.onnx'} is another encoder than the one that made the vectors "
            f"(probe differs by {distance:.0%}).",
            code="SNAPSHOT_ENCODER",
            remedy=REBUILD,
        )


def _save_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    lines = (json.dumps(record, ensure_ascii=False, sort_keys=True) for record in records)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _load_lines(path: Path) -> Sequence[dict[str, Any]]:
    # Not splitlines: JSON leaves U+2028 and U+0085 as they are.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
