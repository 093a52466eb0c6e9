"""Reads a query set with qrels and measures a searcher on it; knows no file layout but TSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from search_index.errors import KbError
from search_index.evaluation import Measures, Qrels, measure
from search_index.records import Query
from search_index.searcher import Searcher

OFF_TOPIC = "offtopic"
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class DevQuery:
    """One query of the set; ``style`` is `OFF_TOPIC` when no article answers it."""

    query_id: str
    lang: str
    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one run.

    Attributes:
        overall: all queries with an answer.
        by_lang, by_style: the same by language and style.
        falsely_rejected: share of answerable queries with ``answered: false``.
        off_topic: number of off-topic queries.
        off_topic_rejected: share of them with ``answered: false``.
        misses: (query id, text, found ids, wanted ids) of queries without a hit at rank 1.
    """

    snapshot: str
    overall: Measures
    by_lang: dict[str, Measures]
    by_style: dict[str, Measures]
    falsely_rejected: float
    off_topic: int
    off_topic_rejected: float
    misses: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]


def read_queries(path: Path) -> list[DevQuery]:
    """Read ``query_id, lang, style, text``, tab separated with a header.

    Raises:
        KbError: a line cannot be used; names file and line.
    """
    queries: dict[str, DevQuery] = {}
    for number, row in _rows(path, ["query_id", "lang", "style", "text"]):
        if not all(row):
            raise _bad(path, number, "a column is empty")
        query = DevQuery(*row)
        if query.query_id in queries:
            raise _bad(path, number, f"{query.query_id} stands here twice")
        queries[query.query_id] = query
    return list(queries.values())


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read ``query_id, article_id, grade``, tab separated with a header.

    Raises:
        KbError: a line cannot be used; names file and line.
    """
    qrels: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for number, (query_id, article_id, grade) in _rows(path, ["query_id", "article_id", "grade"]):
        if grade not in ("1", "2"):
            raise _bad(path, number, f"grade {grade!r} is not 1 or 2")
        qrels[query_id][article_id] = int(grade)
    return dict(qrels)


def evaluate(
    searcher: Searcher,
    queries: Sequence[DevQuery],
    qrels: dict[str, dict[str, int]],
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Run every query as a user's and measure.

    Raises:
        KbError: a query that is not off-topic has no qrels.
    """
    unknown = [q.query_id for q in queries if q.style != OFF_TOPIC and q.query_id not in qrels]
    if unknown:
        raise KbError(
            f"{len(unknown)} queries have no qrels: {', '.join(unknown[:5])} …",
            code="QRELS_MISSING",
            remedy="Add a line for each to the qrels file.",
        )
    run: dict[str, list[str]] = {}
    rejected: dict[str, bool] = {}
    for done, query in enumerate(queries, 1):
        result = searcher.search(Query(query.text, limit=_DEPTH))
        run[query.query_id] = [hit.article.article_id for hit in result.hits]
        rejected[query.query_id] = not result.answered
        if progress:
            progress(done, len(queries))
    ours = [q for q in queries if q.style != OFF_TOPIC]
    foreign = [q for q in queries if q.style == OFF_TOPIC]
    return Evaluation(
        snapshot=searcher.snapshot_id,
        overall=measure_on(ours, run, qrels),
        by_lang=measure_by(lambda q: q.lang, ours, run, qrels),
        by_style=measure_by(lambda q: q.style, ours, run, qrels),
        falsely_rejected=_share(rejected, ours),
        off_topic=len(foreign),
        off_topic_rejected=_share(rejected, foreign),
        misses=tuple(
            (q.query_id, q.text, tuple(run[q.query_id][:3]), tuple(qrels[q.query_id]))
            for q in ours
            if not run[q.query_id] or run[q.query_id][0] not in qrels[q.query_id]
        ),
    )


def measure_on(
    queries: Iterable[DevQuery], run: Mapping[str, Sequence[str]], qrels: Qrels
) -> Measures:
    """Return the measures of ``run`` over ``queries`` alone."""
    return measure({q.query_id: run[q.query_id] for q in queries}, qrels)


def measure_by(
    key: Callable[[DevQuery], str],
    queries: Iterable[DevQuery],
    run: Mapping[str, Sequence[str]],
    qrels: Qrels,
) -> dict[str, Measures]:
    """Return the measures of ``run`` over the queries of each key, keys ascending."""
    groups: defaultdict[str, list[DevQuery]] = defaultdict(list)
    for query in queries:
        groups[key(query)].append(query)
    return {name: measure_on(group, run, qrels) for name, group in sorted(groups.items())}


def _share(flags: dict[str, bool], queries: Sequence[DevQuery]) -> float:
    return sum(flags[q.query_id] for q in queries) / len(queries) if queries else 0.0


def _rows(path: Path, header: list[str]) -> Iterable[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KbError(
            f"{path} is missing.", code="FILE_MISSING", remedy="Give another file."
        ) from None
    except UnicodeDecodeError as exc:
        raise KbError(
            f"{path} is not UTF-8 ({exc.reason}).", code="FILE_INVALID", remedy="Save it as UTF-8."
        ) from exc
    first, *lines = text.removesuffix("\n").split("\n")
    if first.split("\t") != header:
        raise _bad(path, 1, f"the header is not {' '.join(header)}")
    for number, line in enumerate(lines, 2):
        row = line.split("\t")
        if len(row) != len(header):
            raise _bad(path, number, f"{len(row)} columns, not {len(header)}")
        yield number, row


def _bad(path: Path, line: int, message: str) -> KbError:
    return KbError(
        f"{path}:{line}: {message}.", code="FILE_INVALID", remedy="Mend the line; tabs separate."
    )
