"""The only place that knows the order of a build; runs without MkDocs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from kb_build.article import Article, ArticleReader
from kb_build.calibration import (
    UNCALIBRATED,
    CalibrationReport,
    calibrate,
    read_off_topic,
)
from kb_build.check import check_articles
from kb_build.model import Model, open_model
from kb_build.passages import article_records, body_text, split_articles
from kb_build.phrasings import Phrasings, read_phrasings
from kb_build.pinyin import suggestions_of, syllables_of_characters
from kb_build.problems import BuildStoppedError, Problem, errors_of
from kb_build.settings import LANGUAGES, KbSettings
from kb_build.snapshot_writer import build_lock, write_snapshot
from kb_build.vectors import Progress, encode_passages, encode_texts
from search_index.analyzer import analyze, normalise
from search_index.dense import DenseIndex, centred
from search_index.encoder import Encoder, EncoderSpec, OnnxEncoder
from search_index.errors import SnapshotError
from search_index.lexical import LexicalIndex
from search_index.manifest import Calibration, load_manifest
from search_index.readings import Speller
from search_index.searcher import Searcher
from search_index.snapshot import IndexParts, current_folder, probe_of, save_parts
from search_index.suggestions import SuggestionIndex


@dataclass(frozen=True, slots=True)
class Authored:
    """Everything people wrote, and what is wrong with it."""

    articles: tuple[Article, ...]
    phrasings: Phrasings
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        encoded: texts that the model had to encode; the others came from the cache.
        calibration: None when the thresholds of the live snapshot were kept.
        warnings: problems that did not stop the build.
        seconds: wall time by stage.
    """

    snapshot_id: str
    articles: int
    passages: int
    encoded: int
    calibration: CalibrationReport | None
    warnings: tuple[Problem, ...]
    seconds: Mapping[str, float]


class Builder:
    """Builds again and again with one open model, as a preview does.

    Args:
        settings: where everything lies.
        recalibrate: measure thresholds anew; a preview keeps those of the live snapshot so that
            an edit is searchable at once.
    """

    def __init__(self, settings: KbSettings, *, recalibrate: bool = True) -> None:
        self._settings = settings
        self._reader = ArticleReader(settings)
        self._recalibrate = recalibrate
        self._model: Model | None = None

    def check(self) -> Authored:
        """Read and check all articles and phrasings."""
        articles, problems = self._reader.read()
        problems += check_articles(
            articles, pages=markdown_files(self._settings.docs_dir), today=date.today()
        )
        phrasings, more = read_phrasings(self._settings, [article.id for article in articles])
        return Authored(tuple(articles), phrasings, tuple(sorted(problems + more)))

    def build(self, progress: Progress | None = None) -> BuildReport:
        """Check, encode and write a snapshot, and make it the live one.

        Raises:
            BuildStoppedError: the articles hold errors; the live snapshot is as it was.
            KbError: the model cannot be opened or exported.
        """
        clock = _Clock(progress)
        clock.start("check articles")
        authored = self.check()
        if errors_of(authored.problems):
            raise BuildStoppedError(authored.problems)
        published = [a for a in authored.articles if a.status != "draft"]
        if not published:
            raise SnapshotError(
                f"There is no published article below {self._settings.docs_dir}.",
                code="NO_ARTICLES",
                remedy="Write one with `kb new`.",
            )
        with build_lock(self._settings.snapshots_dir):
            report = self._write(published, authored, clock)
        return report

    def _write(self, articles: Sequence[Article], authored: Authored, clock: _Clock) -> BuildReport:
        settings = self._settings
        clock.start("open the model")
        model = self._open_model()
        records = article_records(articles, settings.base_path)
        passages = split_articles(articles, authored.phrasings)
        cache = settings.cache_dir / "vectors.sqlite"

        clock.start("encode passages")
        encoded = encode_passages(passages, model, cache, clock.progress)
        off_topic = read_off_topic()
        background, more = encode_texts(
            [("query", normalise(text)) for text in off_topic], model, cache, clock.progress
        )

        clock.start("index words")
        documents = _documents(articles, authored.phrasings)
        texts = {
            lang: [_own_words(a, authored.phrasings) for a in articles if a.lang == lang]
            for lang in LANGUAGES
        }
        parts = IndexParts(
            articles=tuple(records),
            passages=tuple(passages),
            dense=DenseIndex.build(encoded.matrix),
            body=LexicalIndex.build(documents),
            title=LexicalIndex.build(_titles(articles)),
            background=DenseIndex.build(centred(background, encoded.query_mean)),
            query_mean=encoded.query_mean,
            speller=Speller.build(texts, syllables_of_characters(texts["zh"])),
            suggestions=SuggestionIndex(suggestions_of(records)),
        )
        reports: list[CalibrationReport] = []

        def fill(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any], Calibration]:
            clock.start("export the encoder")
            save_parts(parts, folder)
            model.export_query_encoder(folder)
            encoder = OnnxEncoder.open(folder, model.spec)
            clock.start("calibrate")
            calibration = None if self._recalibrate else self._live_calibration()
            if calibration is None:
                asked = [p.text for p in passages if p.kind in ("question", "phrasing")]
                asked += off_topic
                texts_asked = list(map(normalise, asked))
                vectors, _ = encode_texts([("query", t) for t in texts_asked], model, cache)
                known = dict(zip(texts_asked, vectors, strict=True))
                searcher = Searcher(
                    parts,
                    _KnownQueries(encoder, known),
                    UNCALIBRATED,
                    "",
                    cache_entries=0,
                )
                calibration, report = calibrate(searcher, documents, off_topic)
                reports.append(report)
            clock.start("write the snapshot")
            return model.spec.to_json(), probe_of(encoder), calibration

        manifest = write_snapshot(
            settings.snapshots_dir,
            fill,
            languages=LANGUAGES,
            counts={
                "articles": len(parts.article_ids),
                "passages": len(passages),
                "suggestions": sum(1 + len(r.questions) for r in records),
            },
            keep=settings.build.keep_snapshots,
        )
        clock.stop()
        return BuildReport(
            snapshot_id=manifest.snapshot_id,
            articles=len(articles),
            passages=len(passages),
            encoded=encoded.encoded + more,
            calibration=reports[0] if reports else None,
            warnings=authored.problems,
            seconds=clock.seconds,
        )

    def _open_model(self) -> Model:
        if self._model is None:
            self._model = open_model(self._settings.build.model, self._settings.cache_dir)
        return self._model

    def _live_calibration(self) -> Calibration | None:
        try:
            return load_manifest(current_folder(self._settings.snapshots_dir)).calibration
        except SnapshotError:
            return None


def build(settings: KbSettings, progress: Progress | None = None) -> BuildReport:
    """Build once; see `Builder.build`."""
    return Builder(settings).build(progress)


def markdown_files(docs_dir: Path) -> list[str]:
    """Return the pages of the site, articles or not, relative to the docs folder."""
    return [
        path.relative_to(docs_dir).as_posix()
        for lang in LANGUAGES
        for path in sorted((docs_dir / lang).glob("**/*.md"))
    ]


def _by_id(articles: Iterable[Article]) -> dict[str, list[Article]]:
    groups: dict[str, list[Article]] = {}
    for article in sorted(articles, key=lambda a: (a.id, a.lang)):
        groups.setdefault(article.id, []).append(article)
    return groups


def _own_words(article: Article, phrasings: Phrasings) -> str:
    further = phrasings.get((article.id, article.lang), ())
    return "\n".join([body_text(article), *article.questions, *further])


def _documents(articles: Iterable[Article], phrasings: Phrasings) -> list[list[str]]:
    """Return the terms of each article id, all languages together, ordered by id."""
    return [
        [term for article in versions for term in analyze(_own_words(article, phrasings))]
        for versions in _by_id(articles).values()
    ]


def _titles(articles: Iterable[Article]) -> list[list[str]]:
    return [
        [term for article in versions for term in analyze(article.title)]
        for versions in _by_id(articles).values()
    ]


class _KnownQueries:
    """An encoder that looks a text up before it computes: questions are already encoded."""

    def __init__(self, encoder: Encoder, known: Mapping[str, Any]) -> None:
        self._encoder = encoder
        self._known = known
        self.spec: EncoderSpec = encoder.spec

    @property
    def dim(self) -> int:
        return self.spec.dim

    def encode_queries(self, texts: Sequence[str]) -> Any:
        missing = [text for text in texts if text not in self._known]
        fresh = dict(zip(missing, self._encoder.encode_queries(missing), strict=True))
        return np.stack([self._known[t] if t in self._known else fresh[t] for t in texts])

    def encode_documents(self, texts: Sequence[str]) -> Any:
        return self._encoder.encode_documents(texts)


class _Clock:
    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = 0.0

    def start(self, stage: str) -> None:
        self.stop()
        self._stage, self._since = stage, time.perf_counter()
        if self.progress:
            self.progress(stage, 0, 0)

    def stop(self) -> None:
        if self._stage:
            passed = time.perf_counter() - self._since
            self.seconds[self._stage] = round(self.seconds.get(self._stage, 0.0) + passed, 3)
            self._stage = ""
