"""The built tiny site as the write side's own measurements see it: searcher and documents."""

from __future__ import annotations

from dataclasses import replace

from kb_build.calibration import UNCALIBRATED
from search_index.analyzer import analyze
from search_index.dense import DenseIndex
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts, Snapshot


def documents_of(parts: IndexParts) -> list[list[str]]:
    """Return the terms of each article id, from which `parts.body` was made."""
    own = dict.fromkeys(parts.article_ids, "")
    for kind in ("article", "question", "phrasing"):
        for passage in parts.passages:
            if passage.kind == kind:
                own[passage.article_id] += f"\n{passage.text}"
    return [analyze(text) for text in own.values()]


def uncalibrated_searcher(snapshot: Snapshot, off_topic: list[str]) -> Searcher:
    """Return a searcher before calibration, with ``off_topic`` as its background."""
    encoder = snapshot.encoder
    vectors = encoder.encode_queries(off_topic or ["x"])
    background = DenseIndex.build(vectors if off_topic else vectors[:0])
    parts = replace(snapshot.parts, background=background)
    return Searcher(parts, encoder, UNCALIBRATED, "test")
