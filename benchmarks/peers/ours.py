"""Our own search on any set, built by the real pipeline; it knows nothing of the peers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from corpora import ROOT, Corpus, Document

from kb_build.article import Article, Section
from kb_build.front_matter import FrontMatter
from kb_build.pipeline import Authored, Builder
from kb_build.settings import CATEGORIES, KbSettings, load_kb_settings
from search_index.searcher import Searcher
from search_index.snapshot import Snapshot, current_folder, open_snapshot

WORK = ROOT / "build" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Ours:
    """An open snapshot of one set.

    Attributes:
        build_seconds: CPU seconds of the build, with the model open and all vectors computed.
    """

    searcher: Searcher
    snapshot: Snapshot
    build_seconds: float


class _CorpusBuilder(Builder):
    """A build whose articles come from a set instead of from files."""

    def __init__(self, settings: KbSettings, authored: Authored) -> None:
        super().__init__(settings)
        self._authored = authored

    def check(self) -> Authored:
        return self._authored


def build_ours(corpus: Corpus) -> Ours:
    """Build a snapshot of ``corpus`` from nothing and open it."""
    settings = _settings(WORK / corpus.name)
    builder = _CorpusBuilder(settings, corpus.authored or Authored(_articles(corpus), {}, ()))
    builder.warm_up()
    started = time.process_time()
    builder.build()
    seconds = time.process_time() - started
    snapshot = open_snapshot(current_folder(settings.snapshots_dir))
    return Ours(Searcher.of(snapshot), snapshot, seconds)


def prepare(*, keep_vectors: bool) -> Path:
    """Empty the cache of vectors but for lists that every build needs; return the cache's file.

    The off-topic and urgency lists ship with the software and are encoded once on a machine: a
    build of one document puts them there, so that no set pays for all.

    Args:
        keep_vectors: leave the vectors of an earlier run: quick, but build times mean nothing.
    """
    if not keep_vectors:
        shutil.rmtree(WORK / "cache", ignore_errors=True)
    only = Document("KB-0001", "zh", "提币没到账", "请等待确认。", "", ("币没收到", "提现未到账"))
    build_ours(Corpus("prepare", "", (only,), (), {}))
    return WORK / "cache" / "vectors.sqlite"


def _settings(folder: Path) -> KbSettings:
    """Return the repository's settings with snapshots in ``folder`` and the benchmark's cache."""
    shutil.rmtree(folder, ignore_errors=True)
    models = load_kb_settings(ROOT).cache_dir / "models"
    models.mkdir(parents=True, exist_ok=True)
    cache = WORK / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / "models").exists():
        (cache / "models").symlink_to(models)
    return load_kb_settings(
        ROOT,
        flags={
            "build": {"cache": str(cache.relative_to(ROOT))},
            "server": {"snapshots": str((folder / "snapshots").relative_to(ROOT))},
        },
    )


def _articles(corpus: Corpus) -> tuple[Article, ...]:
    return tuple(_article(n, document) for n, document in enumerate(corpus.documents))


def _article(number: int, document: Document) -> Article:
    head = FrontMatter(
        id=document.article_id,
        title=document.title,
        summary=document.summary,
        questions=document.questions,
        audience="all",
        urgency="general",
        time="",
        related=(),
        facts_checked=date(2026, 1, 1),
        review_by=date(2027, 1, 1),
        status="published",
    )
    return Article(
        path=f"{document.article_id}.md",
        lang=document.lang,
        category=CATEGORIES[0],
        slug=f"a{number}",
        head=head,
        sections=_sections(document.body),
        links=(),
        lines={"title": 1},
        markdown=document.body,
        body_line=1,
    )


def _sections(body: str) -> Sequence[Section]:
    return (Section("text", "", 2, 1, body),) if body else ()
