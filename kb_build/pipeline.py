"""The only place that knows the order of a build; runs without MkDocs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from kb_build.article import Article, ArticleReader, check_other_pages, page_paths
from kb_build.build_stamp import input_fingerprint, read_stamp, write_stamp
from kb_build.calibration import (
    CalibrationReport,
    always_in_scope,
    read_off_topic,
)
from kb_build.chatter_training import read_chatter, train_chatter
from kb_build.check import check_articles
from kb_build.content_rules import House, WordingChecker
from kb_build.explanations import ExplainedGlossary, read_explanations
from kb_build.findability import (
    Findability,
    check_similarity,
    measure_findability,
    require_fresh,
)
from kb_build.glossary import TermGroup, read_glossary
from kb_build.learning import Learned, learn
from kb_build.model import Model, open_model
from kb_build.most_wanted import read_most_wanted
from kb_build.passages import article_records, body_text, split_articles
from kb_build.phrasings import Phrasings, read_phrasings
from kb_build.pinyin import suggestions_of, syllables_of_characters
from kb_build.problems import BuildStoppedError, Problem, errors_of
from kb_build.settings import LANGUAGES, KbSettings
from kb_build.snapshot_writer import build_lock, write_snapshot
from kb_build.support_pages import Support, read_support
from kb_build.terms import TermFinder
from kb_build.urgency_training import never_urgent
from kb_build.vectors import Progress, encode_passages, encode_texts
from search_index.analyzer import normalise, terms_of
from search_index.dense import DenseIndex, centred
from search_index.encoder import OnnxEncoder
from search_index.errors import SettingsError, SnapshotError
from search_index.lexical import LexicalIndex
from search_index.manifest import Calibration, Manifest, load_manifest, verify_files
from search_index.passage_vectors import PassageVectors
from search_index.readings import Speller
from search_index.searcher import Searcher
from search_index.snapshot import (
    IndexParts,
    current_folder,
    load_models,
    open_snapshot,
    probe_of,
    save_parts,
)
from search_index.suggestions import SuggestionIndex


@dataclass(frozen=True, slots=True)
class Authored:
    """Everything people wrote, and what is wrong with it."""

    articles: tuple[Article, ...]
    phrasings: Phrasings
    problems: tuple[Problem, ...]
    explained: ExplainedGlossary = field(default_factory=ExplainedGlossary)
    most_wanted: tuple[str, ...] = ()
    support: Support = field(default_factory=Support)


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
        self._wording: tuple[tuple[TermGroup, ...], WordingChecker] | None = None

    def check(self) -> Authored:
        """Read and check all articles and phrasings.

        Raises:
            SettingsError: the folder that the settings name for articles does not exist.
        """
        table = self._settings.build
        # Without the setting it is a site that has no article yet.
        if "docs" in table.model_fields_set and not self._settings.docs_dir.is_dir():
            raise SettingsError(
                f"build.docs: there is no folder '{table.docs}'.",
                code="SETTINGS_INVALID",
                remedy="Name the folder that holds zh/ and en/, from where kb.toml lies.",
            )
        articles, problems = self._reader.read()
        problems += check_other_pages(self._settings)
        pages = markdown_files(self._settings.docs_dir)
        glossary, unusable = read_glossary(self._settings)
        problems += unusable
        problems += check_articles(
            articles,
            pages=pages,
            today=date.today(),
            wording=self._wording_checker(glossary),
            unfinished=self._reader.unfinished,
            claimed_ids=self._reader.claimed_ids,
            pictures=picture_files(self._settings.docs_dir),
        )
        ids = self._reader.claimed_ids | {article.id for article in articles}
        phrasings, more = read_phrasings(self._settings, ids)
        explained, unexplained = read_explanations(self._settings, glossary, ids)
        most_wanted, unknown = read_most_wanted(self._settings, ids)
        support, unusable = read_support(self._settings, pages)
        problems += [*more, *unexplained, *unknown, *unusable]
        return Authored(
            tuple(articles), phrasings, tuple(sorted(problems)), explained, most_wanted, support
        )

    def warm_up(self) -> None:
        """Load the model now, so that the first edit of a preview need not wait for it."""
        self._open_model().encode_queries(["warm up"])

    def _wording_checker(self, glossary: tuple[TermGroup, ...]) -> WordingChecker:
        if self._wording is None or self._wording[0] != glossary:
            house = House(frozenset(self._settings.links.allowed), TermFinder(glossary))
            self._wording = (glossary, WordingChecker(house))
        return self._wording[1]

    def findability(self, authored: Authored, progress: Progress | None = None) -> Findability:
        """Search the live snapshot for every question of the articles.

        Args:
            authored: what `check` returned, without errors.
            progress: told of every question.

        Raises:
            SnapshotError: there is no snapshot, or the articles were changed since it was built.
        """
        searcher, documents = self.open_live(authored)
        return measure_findability(_published(authored), searcher, documents, progress)

    def open_live(self, authored: Authored) -> tuple[Searcher, list[list[str]]]:
        """Return the searcher of the live snapshot, and the terms of each document of its body.

        Args:
            authored: what `check` returned, without errors.

        Raises:
            SnapshotError: there is no snapshot, or the articles were changed since it was built.
        """
        published = _published(authored)
        snapshot = open_snapshot(current_folder(self._settings.snapshots_dir))
        require_fresh(snapshot.parts, split_articles(published, authored.phrasings))
        return Searcher.of(snapshot), _documents(_words(published, authored.phrasings))

    def build(
        self, progress: Progress | None = None, *, only_if_changed: bool = False
    ) -> BuildReport:
        """Check, encode and write a snapshot, and make it the live one.

        Args:
            progress: told of stages and counts.
            only_if_changed: leave the live snapshot when nothing that goes into one has changed.

        Raises:
            BuildStoppedError: the articles hold errors; the live snapshot is as it was.
            KbError: the model cannot be opened or exported.
        """
        clock = _Clock(progress)
        clock.start("check articles")
        authored = self.check()
        if errors_of(authored.problems):
            raise BuildStoppedError(authored.problems)
        published = _published(authored)
        if not published:
            raise SnapshotError(
                f"There is no published article below {self._settings.docs_dir}.",
                code="NO_ARTICLES",
                remedy="Write one with `kb new`.",
            )
        with build_lock(self._settings.snapshots_dir):
            # A preview never leaves a stamp, and reading all inputs costs it a fifth of a second.
            fingerprint = input_fingerprint(self._settings) if self._recalibrate else ""
            live = self._live_snapshot() if only_if_changed and fingerprint else None
            if live and live[1].snapshot_id == read_stamp(self._settings, fingerprint):
                clock.stop()
                return BuildReport(
                    snapshot_id=live[1].snapshot_id,
                    articles=len(published),
                    passages=live[1].counts["passages"],
                    encoded=0,
                    calibration=None,
                    warnings=authored.problems,
                    seconds=clock.seconds,
                )
            report = self._write(published, authored, clock)
            if self._recalibrate:
                write_stamp(self._settings, fingerprint, report.snapshot_id)
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
        words = _words(articles, authored.phrasings)
        documents = _documents(words)
        texts = {lang: [w for (_, own), w in words.items() if own == lang] for lang in LANGUAGES}
        parts = IndexParts(
            articles=tuple(records),
            passages=tuple(passages),
            vectors=PassageVectors.build(passages, encoded.matrix),
            body=LexicalIndex.build(documents),
            title=LexicalIndex.build(_documents(_titles(articles))),
            background=DenseIndex.build(centred(background, encoded.query_mean)),
            query_mean=encoded.query_mean,
            classifier=None,
            urgency=never_urgent(encoded.matrix.shape[1]),
            scope=always_in_scope(encoded.matrix.shape[1]),
            chatter=train_chatter(passages, read_chatter()),
            speller=Speller.build(texts, syllables_of_characters(texts["zh"])),
            suggestions=SuggestionIndex(suggestions_of(records)),
        )
        reports: list[CalibrationReport] = []

        def fill(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any], Calibration]:
            clock.start("export the encoder")
            model.export_query_encoder(folder)
            encoder = OnnxEncoder.open(folder, model.spec)
            clock.start("calibrate, some minutes the first time")
            learned = None if self._recalibrate else self._live_learning(parts.article_ids)
            if learned is None:
                learned, report = learn(parts, documents, off_topic, encoder, cache)
                reports.append(report)
            clock.start("write the snapshot")
            whole = replace(
                parts,
                classifier=learned.classifier,
                urgency=learned.urgency,
                scope=learned.scope,
            )
            save_parts(whole, folder)
            return model.spec.to_json(), probe_of(encoder), learned.calibration

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
            warnings=tuple(sorted([*authored.problems, *check_similarity(articles, parts)])),
            seconds=clock.seconds,
        )

    def _open_model(self) -> Model:
        if self._model is None:
            self._model = open_model(self._settings.build.model, self._settings.cache_dir)
        return self._model

    def _live_snapshot(self) -> tuple[Path, Manifest] | None:
        """Return folder and manifest of the live snapshot, if that is whole."""
        try:
            folder = current_folder(self._settings.snapshots_dir)
            manifest = load_manifest(folder)
            verify_files(manifest, folder)
        except SnapshotError:
            return None
        return folder, manifest

    def _live_learning(self, article_ids: Sequence[str]) -> Learned | None:
        """Return what the live snapshot learned, if the same model made it.

        Its classifier knows no other articles than its own.
        """
        live = self._live_snapshot()
        if live is None or self._model is None:
            return None
        folder, manifest = live
        if manifest.encoder != self._model.spec.to_json():
            return None
        classifier, urgency, scope = load_models(folder)
        if classifier and classifier.article_ids != tuple(article_ids):
            classifier = None
        return Learned(manifest.calibration, classifier, urgency, scope)


def build(settings: KbSettings, progress: Progress | None = None) -> BuildReport:
    """Build once; see `Builder.build`."""
    return Builder(settings).build(progress)


def _published(authored: Authored) -> list[Article]:
    return [article for article in authored.articles if article.status != "draft"]


def markdown_files(docs_dir: Path) -> list[str]:
    """Return the pages of the site, articles or not, relative to the docs folder."""
    return [path.relative_to(docs_dir).as_posix() for path in page_paths(docs_dir)]


def picture_files(docs_dir: Path) -> list[str]:
    """Return the files beside the pages that articles may show, relative to the docs folder."""
    return [
        path.relative_to(docs_dir).as_posix()
        for lang in LANGUAGES
        for path in (docs_dir / lang).glob("**/*")
        if path.suffix != ".md" and path.is_file()
    ]


def _own_words(article: Article, phrasings: Phrasings) -> str:
    further = phrasings.get((article.id, article.lang), ())
    return "\n".join([body_text(article), *article.questions, *further])


def _words(articles: Iterable[Article], phrasings: Phrasings) -> dict[tuple[str, str], str]:
    """Return the normalised words of each article: (id, language), in that order → text."""
    return {
        (article.id, article.lang): normalise(_own_words(article, phrasings))
        for article in sorted(articles, key=lambda a: (a.id, a.lang))
    }


def _documents(words: Mapping[tuple[str, str], str]) -> list[list[str]]:
    """Return the terms of each article id, all languages together, ordered by id."""
    documents: dict[str, list[str]] = {}
    for (article_id, _), text in words.items():
        documents.setdefault(article_id, []).extend(terms_of(text))
    return list(documents.values())


def _titles(articles: Iterable[Article]) -> dict[tuple[str, str], str]:
    """Return the normalised title of each article, keyed and ordered as `_words`."""
    return {
        (article.id, article.lang): normalise(article.title)
        for article in sorted(articles, key=lambda a: (a.id, a.lang))
    }


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
