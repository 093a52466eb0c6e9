"""Every system on every set in one run; writes build/benchmarks/{quality,cost}.json.

    .venv/bin/python benchmarks/peers/run.py                        everything, then RESULTS.md
    .venv/bin/python benchmarks/peers/run.py --only own --systems ours,tantivy
    .venv/bin/python benchmarks/peers/run.py --queries 50           a quick try

benchmarks/README.md says what to install. Systems run one after another; times are CPU times.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import corpora
import measuring
from browser_engines import NODE, run_material, run_node, run_pagefind
from corpora import ROOT, Corpus
from ours import WORK, Ours, build_ours, prepare
from outcomes import DEPTH, Answer, Outcome, System, Variant
from postgres import open_postgres, run_postgres
from text_engines import run_sqlite, run_tantivy
from vector_engines import PassageEncoder, run_dense, run_hybrid

from kb_build.model import open_model
from kb_build.settings import load_kb_settings
from search_index.encoder import ENCODER_FILE, TOKENIZER_FILE
from search_index.records import Query

OURS = "ours"
_SCRIPTS = ROOT / "kb_build" / "theme" / "assets" / "kb"
_IMPORT = re.compile(r'from "\./([\w-]+\.js)"')


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that another user, the database's, may enter."""
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def systems_for(
    corpus: Corpus, encoder: PassageEncoder, connect: Callable[[], Any]
) -> list[System]:
    """Return the peers, each with the ways its documentation sets it up for ``corpus``."""

    def in_folder(run: Callable[..., Outcome], **options: Any) -> Callable[[Corpus], Outcome]:
        def runner(chosen: Corpus) -> Outcome:
            with temporary_folder() as folder:
                return run(chosen, folder, **options)

        return runner

    def node(script: str, **options: Any) -> Callable[[Corpus], Outcome]:
        return in_folder(lambda chosen, folder: run_node(script, chosen, folder, **options))

    def mini(tokenize: str) -> tuple[Variant, ...]:
        return (
            Variant("plain", node("minisearch.mjs", tokenize=tokenize)),
            Variant("prefix+fuzzy", node("minisearch.mjs", tokenize=tokenize, loose=True)),
        )

    def dense(run: Callable[..., Outcome]) -> tuple[Variant, ...]:
        return (
            Variant("text by text", partial(run, encoder=encoder, whole=False)),
            Variant("whole document", partial(run, encoder=encoder, whole=True)),
        )

    def postgres(vectors: bool, words: bool) -> tuple[Variant, ...]:
        def runner(chosen: Corpus) -> Outcome:
            return run_postgres(chosen, connect(), encoder if vectors else None, words=words)

        return (Variant("", runner),)

    bilingual = len(corpus.languages) > 1
    pagefind = [Variant("own index a language", in_folder(run_pagefind))]
    if bilingual:
        pagefind.append(Variant("one index", in_folder(run_pagefind, language="zh")))
    orama = [Variant("plain", node("orama.mjs"))]
    flexsearch = [Variant("own encoder", node("flexsearch.mjs"))]
    if "zh" in corpus.languages:
        orama.append(Variant("stop words", node("orama.mjs", stopWords=True)))
        flexsearch.append(Variant("Intl.Segmenter", node("flexsearch.mjs", encode="words")))
    return [
        System("material", "browser", (Variant("", in_folder(run_material)),)),
        System("pagefind", "browser", tuple(pagefind)),
        System("minisearch", "browser", mini("words")),
        System("minisearch-pairs", "browser", mini("pairs")),
        System("orama", "browser", tuple(orama)),
        System("flexsearch", "browser", tuple(flexsearch)),
        System("tantivy", "library", (Variant("", in_folder(run_tantivy)),)),
        System("sqlite-trigram", "library", (Variant("", in_folder(run_sqlite, trigram=True)),)),
        System("sqlite-jieba", "library", (Variant("", in_folder(run_sqlite, trigram=False)),)),
        System("postgres", "server", postgres(vectors=False, words=True)),
        System("pgvector", "server", postgres(vectors=True, words=False)),
        System("postgres-hybrid", "server", postgres(vectors=True, words=True)),
        System("dense", "library", dense(run_dense)),
        System("hybrid", "library", dense(run_hybrid)),
    ]


NAMES = [
    "material",
    "pagefind",
    "minisearch",
    "minisearch-pairs",
    "orama",
    "flexsearch",
    "tantivy",
    "sqlite-trigram",
    "sqlite-jieba",
    "postgres",
    "pgvector",
    "postgres-hybrid",
    "dense",
    "hybrid",
]


def run_ours(corpus: Corpus, built: Ours) -> Outcome:
    """Ask our searcher every query, with all that the endpoint does for one but HTTP."""
    answers = {}
    for query in corpus.queries:
        started = time.process_time()
        result = built.searcher.search(Query(query.text, limit=DEPTH))
        spent = (time.process_time() - started) * 1000
        ids = tuple(hit.article.article_id for hit in result.hits)
        answers[query.query_id] = Answer(ids, result.confidence, spent, result.answered)
    folder = built.snapshot.folder
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    size -= _encoder_bytes(folder)
    first = built.searcher.search(Query(corpus.queries[0].text))
    response = json.dumps([asdict(hit) for hit in first.hits], ensure_ascii=False)
    sent = _packed_scripts() + len(gzip.compress(response.encode()))
    return Outcome(answers, built.build_seconds, size, sent)


def _encoder_bytes(folder: Path) -> int:
    return sum((folder / name).stat().st_size for name in (ENCODER_FILE, TOKENIZER_FILE))


def _packed_scripts() -> int:
    """Return the bytes of the search box and all it imports, as a server would send them."""
    wanted, sizes = ["search-box.js"], {}
    while wanted:
        name = wanted.pop()
        if name not in sizes:
            content = (_SCRIPTS / name).read_bytes()
            sizes[name] = len(gzip.compress(content))
            wanted += _IMPORT.findall(content.decode())
    return sum(sizes.values())


def run_corpus(
    corpus: Corpus, wanted: Sequence[str], model: Any, cache: Path, connect: Callable[[], Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the quality and cost of ``wanted`` systems on one set."""
    built = build_ours(corpus)
    outcome = run_ours(corpus, built)
    own_hits = measuring.hits_at_1(corpus, outcome.answers)
    quality = [{"system": OURS, **measuring.quality_of(corpus, outcome.answers)}]
    cost = [{"system": OURS, "where": "server", **measuring.cost_of(outcome)}]
    _say(corpus, OURS, "", own_hits.mean(), outcome)
    encoder = PassageEncoder(model, built.snapshot.encoder, cache.with_name("peers.sqlite"))
    for system in systems_for(corpus, encoder, connect):
        if system.name not in wanted:
            continue
        best, found = _best_variant(corpus, system)
        hits = measuring.hits_at_1(corpus, found.answers)
        quality.append(
            {
                "system": system.name,
                "variant": best,
                "ahead": measuring.ahead_of(own_hits, hits),
                **measuring.quality_of(corpus, found.answers),
            }
        )
        cost.append({"system": system.name, "where": system.where, **measuring.cost_of(found)})
    facts = {
        "name": corpus.name,
        "title": corpus.title,
        "documents": len(corpus.documents),
        "queries": len(corpus.answerable),
        "off_topic": len(corpus.queries) - len(corpus.answerable),
    }
    encoder_bytes = _encoder_bytes(built.snapshot.folder)
    return (
        {**facts, "systems": quality},
        {**facts, "encoder_bytes": encoder_bytes, "systems": cost},
    )


def _best_variant(corpus: Corpus, system: System) -> tuple[str, Outcome]:
    """Run every variant, with and without phrasings, and return the one with most hits@1."""
    texts = [("with phrasings", corpus)] if corpus.has_phrasings else [("", corpus)]
    if corpus.has_phrasings:
        texts.append(("without phrasings", corpus.without_phrasings()))
    outcomes: list[tuple[float, str, Outcome]] = []
    for variant in system.variants:
        for label, chosen in texts:
            outcome = variant.run(chosen)
            hit_at_1 = measuring.hits_at_1(corpus, outcome.answers).mean()
            name = ", ".join(filter(None, [variant.label, label]))
            _say(corpus, system.name, name, hit_at_1, outcome)
            outcomes.append((hit_at_1, name, outcome))
    _, name, outcome = max(outcomes, key=lambda item: item[0])
    return name, outcome


def _say(corpus: Corpus, system: str, variant: str, hit_at_1: float, outcome: Outcome) -> None:
    cost = measuring.cost_of(outcome)
    print(
        f"{corpus.name:10} {system:17} {variant:40} hit@1 {hit_at_1:.3f}"
        f"  {cost['cpu_ms']:7.2f} ms  built in {cost['build_s']:6.1f} s",
        flush=True,
    )


def main() -> int:
    """Run what was asked for and write the figures."""
    arguments, loaders = _parse_arguments()
    if not (NODE / "node_modules").is_dir():
        print(f"The engines of the browser are missing: run `npm install` in {NODE.name}/.")
        return 1
    if set(loaders) & set(corpora.PUBLIC_SETS):
        subprocess.run([sys.executable, str(ROOT / "benchmarks" / "public_data.py")], check=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the database server must not stay
    started = time.perf_counter()
    quality: list[dict[str, Any]] = []
    cost: list[dict[str, Any]] = []
    # After each set: a run that is stopped keeps what it has measured.
    for of_quality, of_cost in _measure(loaders, arguments):
        quality.append(of_quality)
        cost.append(of_cost)
        seconds = round(time.perf_counter() - started)
        facts = {"seconds": seconds, "sampled": arguments.queries}
        public = [found for found in quality if found["name"] in corpora.PUBLIC_SETS]
        both = {"together": measuring.together(public)} if len(public) > 1 else {}
        _write("quality", {**facts, "sets": quality, **both})
        _write("cost", {**facts, "sets": cost})
        print(f"{seconds} s", flush=True)
    results = [sys.executable, str(ROOT / "benchmarks" / "results.py")]
    return subprocess.run(results, check=False).returncode


def _parse_arguments() -> tuple[argparse.Namespace, dict[str, Callable[[], Corpus]]]:
    """Return the arguments and the loaders of the sets they name."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["own", "public"])
    parser.add_argument("--sets", type=_names, help="names of sets, comma separated")
    parser.add_argument(
        "--systems", type=_names, default=NAMES, help="besides ours, comma separated"
    )
    parser.add_argument("--queries", type=int, default=0, help="sample of each set's queries")
    parser.add_argument(
        "--keep-vectors",
        action="store_true",
        help="do not encode again what an earlier run encoded; build times are left out",
    )
    arguments = parser.parse_args()
    loaders: dict[str, Callable[[], Corpus]] = {"own": corpora.own, **corpora.PUBLIC_SETS}
    for given, known in ((arguments.systems, NAMES), (arguments.sets or [], loaders)):
        if unknown := sorted(set(given) - set(known)):
            parser.error(f"there is no {', '.join(unknown)}, but {', '.join(known)}")
    chosen = arguments.sets or [
        name for name in loaders if arguments.only in (None, "own" if name == "own" else "public")
    ]
    return arguments, {name: loaders[name] for name in chosen}


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _measure(
    loaders: Mapping[str, Callable[[], Corpus]], arguments: argparse.Namespace
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give quality and cost of one set after the other."""
    settings = load_kb_settings(ROOT)
    cache = prepare(keep_vectors=arguments.keep_vectors)
    model = open_model(settings.build.model, settings.cache_dir)
    with ExitStack() as stack:
        connections: list[Any] = []

        def connect() -> Any:
            if not connections:
                folder = stack.enter_context(temporary_folder())
                connections.append(stack.enter_context(open_postgres(folder / "data")))
            return connections[0]

        for load in loaders.values():
            corpus = load()
            if arguments.queries:
                corpus = corpus.sampled(arguments.queries)
            of_quality, of_cost = run_corpus(corpus, arguments.systems, model, cache, connect)
            if arguments.keep_vectors:
                for row in of_cost["systems"]:
                    row["build_s"] = None
            yield of_quality, of_cost


def _write(name: str, figures: dict[str, Any]) -> None:
    path = WORK / f"{name}.json"
    path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
