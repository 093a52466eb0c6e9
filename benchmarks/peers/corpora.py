"""The test sets: documents, queries and which document answers which query.

Every set has one form, so that every system gets the same text. It knows no search engine.
"""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kb_build.passages import body_text
from kb_build.pipeline import Authored, Builder
from kb_build.settings import load_kb_settings
from search_index.dev_set import OFF_TOPIC, DevQuery, read_qrels, read_queries

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ROOT / "build" / "public"

_SEED = 20261122
QUESTIONS_KEPT = 10
"""Training questions of an intent that become questions of its document."""
QUERIES = 500
"""Queries of a public set at most, chosen by the seed."""
_OUT_OF_SCOPE = 250
_GROUPS = 400
_SMALLEST_GROUP = 3
_PARAGRAPHS = 300


@dataclass(frozen=True, slots=True)
class Document:
    """One article in one language, as every system gets it.

    Attributes:
        article_id: versions in two languages share it; rankings are of these ids.
        body: plain text without title and summary, one block a line.
        questions: phrasings in the article itself.
        phrasings: further ones, given or left out: peers are run both ways.
    """

    article_id: str
    lang: str
    title: str
    summary: str
    body: str
    questions: tuple[str, ...]
    phrasings: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """All phrasings."""
        return (*self.questions, *self.phrasings)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents, queries and qrels of one set.

    Attributes:
        title: for the table.
        authored: our own articles; None for a public set.
    """

    name: str
    title: str
    documents: tuple[Document, ...]
    queries: tuple[DevQuery, ...]
    qrels: Mapping[str, Mapping[str, int]]
    authored: Authored | None = None

    @property
    def answerable(self) -> tuple[DevQuery, ...]:
        """Queries that a document answers."""
        return tuple(q for q in self.queries if q.style != OFF_TOPIC)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the documents, Chinese first."""
        return tuple(sorted({d.lang for d in self.documents}, reverse=True))

    @property
    def has_phrasings(self) -> bool:
        """Tell whether a variant without phrasings differs."""
        return any(d.phrasings for d in self.documents)

    def without_phrasings(self) -> Corpus:
        """Return the same set with the questions of the articles only."""
        return replace(self, documents=tuple(replace(d, phrasings=()) for d in self.documents))

    def sampled(self, count: int) -> Corpus:
        """Return the set with ``count`` of its queries at most, chosen by the seed."""
        if len(self.queries) <= count:
            return self
        kept = set(random.Random(_SEED).sample(range(len(self.queries)), count))
        return replace(self, queries=tuple(q for i, q in enumerate(self.queries) if i in kept))


def own() -> Corpus:
    """Return this repository's articles and its development queries."""
    authored = Builder(load_kb_settings(ROOT)).check()
    documents = []
    for article in authored.articles:
        if article.status == "draft":
            continue
        body = body_text(article).removeprefix(f"{article.title}\n{article.summary}").strip()
        documents.append(
            Document(
                article.id,
                article.lang,
                article.title,
                article.summary,
                body,
                article.questions,
                authored.phrasings.get((article.id, article.lang), ()),
            )
        )
    return Corpus(
        "own",
        "This repository's articles, development queries (zh, en)",
        tuple(documents),
        tuple(read_queries(ROOT / "benchmarks" / "dev_queries.tsv")),
        read_qrels(ROOT / "benchmarks" / "dev_qrels.tsv"),
        authored,
    )


def banking77() -> Corpus:
    """Return bank customers' questions by intent, English."""
    train: defaultdict[str, list[str]] = defaultdict(list)
    for row in _csv(PUBLIC / "banking77_train.csv"):
        train[row["category"]].append(row["text"])
    tests = [(row["text"], row["category"]) for row in _csv(PUBLIC / "banking77_test.csv")]
    return _intents("banking77", "BANKING77, bank customers' questions (en)", train, tests)


def clinc150() -> Corpus:
    """Return an assistant's questions by intent with questions out of scope, English."""
    data = json.loads((PUBLIC / "clinc150.json").read_text(encoding="utf-8"))
    train: defaultdict[str, list[str]] = defaultdict(list)
    for text, intent in data["train"]:
        train[intent].append(text)
    corpus = _intents("clinc150", "CLINC150, an assistant's questions (en)", train, data["test"])
    foreign = random.Random(_SEED).sample([text for text, _ in data["oos_test"]], _OUT_OF_SCOPE)
    more = tuple(DevQuery(f"oos{n}", "en", OFF_TOPIC, text) for n, text in enumerate(foreign))
    return replace(corpus, queries=corpus.queries + more)


def bank_pairs() -> Corpus:
    """Return a Chinese online bank's questions, grouped by who meant the same (BQ)."""
    parent: dict[str, str] = {}

    def root(text: str) -> str:
        while parent.setdefault(text, text) != text:
            parent[text] = text = parent[parent[text]]
        return text

    for name in ("bq_dev.csv", "bq_test.csv"):
        for row in _csv(PUBLIC / name):
            if row["label"] == "1":
                parent[root(row["sentence1"])] = root(row["sentence2"])
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for text in parent:
        groups[root(text)].append(text)
    large = [texts for texts in groups.values() if len(texts) >= _SMALLEST_GROUP]
    chosen = random.Random(_SEED).sample(large, min(_GROUPS, len(large)))
    documents, queries, qrels = [], [], {}
    for number, texts in enumerate(chosen):
        title, *others, query = texts
        article_id = f"bq{number:04}"
        documents.append(
            Document(article_id, "zh", title, "", "", tuple(others[: QUESTIONS_KEPT - 1]))
        )
        queries.append(DevQuery(f"q{number}", "zh-CN", "question", query))
        qrels[f"q{number}"] = {article_id: 2}
    title = "BQ, questions to an online bank (zh)"
    return Corpus("bq", title, tuple(documents), tuple(queries), qrels)


def cmrc2018() -> Corpus:
    """Return paragraphs of an encyclopedia and questions on them, Chinese."""
    data = json.loads((PUBLIC / "cmrc2018_dev.json").read_text(encoding="utf-8"))["data"]
    documents, asked = [], []
    for number in sorted(random.Random(_SEED).sample(range(len(data)), _PARAGRAPHS)):
        article_id = f"cmrc{number:04}"
        for part in data[number]["paragraphs"]:
            title = data[number]["title"]
            documents.append(Document(article_id, "zh", title, "", part["context"], ()))
            asked += [(qa["question"], article_id) for qa in part["qas"]]
    queries, qrels = _queries(asked, "zh-CN")
    return Corpus(
        "cmrc2018", "CMRC 2018, encyclopedia paragraphs (zh)", tuple(documents), queries, qrels
    )


PUBLIC_SETS: Mapping[str, Callable[[], Corpus]] = {
    "bq": bank_pairs,
    "cmrc2018": cmrc2018,
    "banking77": banking77,
    "clinc150": clinc150,
}


def _intents(
    name: str,
    title: str,
    train: Mapping[str, list[str]],
    tests: Iterable[tuple[str, str]],
) -> Corpus:
    chance = random.Random(_SEED)
    documents = [
        Document(
            intent,
            "en",
            intent.replace("_", " ").capitalize(),
            "",
            "",
            tuple(chance.sample(train[intent], QUESTIONS_KEPT)),
        )
        for intent in sorted(train)
    ]
    queries, qrels = _queries([(text, intent) for text, intent in tests], "en")
    return Corpus(name, title, tuple(documents), queries, qrels)


def _queries(
    asked: list[tuple[str, str]], lang: str
) -> tuple[tuple[DevQuery, ...], dict[str, dict[str, int]]]:
    chosen = random.Random(_SEED).sample(asked, min(QUERIES, len(asked)))
    queries = tuple(DevQuery(f"q{n}", lang, "question", text) for n, (text, _) in enumerate(chosen))
    return queries, {f"q{n}": {article_id: 2} for n, (_, article_id) in enumerate(chosen)}


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
