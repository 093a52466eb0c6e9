"""Full-text engines in this process: tantivy, SQLite FTS5 and BM25 over jieba's words.

Each gets words as its documentation says for Chinese: jieba's search mode, joined by spaces,
where an engine has no segmenter of its own. It knows nothing of vectors.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from pathlib import Path

import bm25s
import jieba
import numpy as np
import tantivy
from corpora import Corpus
from outcomes import Outcome, Ranked, ask_all

_WORD = re.compile(r"\w", re.UNICODE)
_HITS = 40
_TITLE_BOOST = 2.0
_FIELDS = ("title", "summary", "asked", "body")

jieba.setLogLevel(logging.WARNING)


def words_of(text: str) -> list[str]:
    """Return jieba's words of a text in search mode, lower case, without punctuation."""
    return [w for w in jieba.lcut_for_search(text.lower()) if _WORD.search(w)]


def segmented(corpus: Corpus) -> list[tuple[str, ...]]:
    """Return title, summary, questions and body of each document, words joined by spaces."""
    return [
        tuple(" ".join(words_of(text)) for text in (d.title, d.summary, "\n".join(d.asked), d.body))
        for d in corpus.documents
    ]


def run_tantivy(corpus: Corpus, folder: Path) -> Outcome:
    """Run tantivy; English documents get its stemmer."""
    started = time.process_time()
    english = corpus.languages == ("en",)
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=True)
    for name in _FIELDS:
        builder.add_text_field(name, tokenizer_name="en_stem" if english else "default")
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=50_000_000, num_threads=1)
    for row, texts in enumerate(segmented(corpus)):
        document = tantivy.Document(row=row)
        for name, text in zip(_FIELDS, texts, strict=True):
            document.add_text(name, text)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    seconds = time.process_time() - started

    def search(text: str) -> Ranked:
        query, _ = index.parse_query_lenient(
            " ".join(words_of(text)), list(_FIELDS), field_boosts={"title": _TITLE_BOOST}
        )
        hits = searcher.search(query, _HITS).hits
        return [
            (corpus.documents[searcher.doc(address)["row"][0]].article_id, score)
            for score, address in hits
        ]

    return Outcome(ask_all(corpus, search), seconds, _size(folder))


def run_sqlite(corpus: Corpus, folder: Path, *, trigram: bool) -> Outcome:
    """Run SQLite FTS5, with its trigram tokenizer or with jieba's words."""
    started = time.process_time()
    english = corpus.languages == ("en",)
    path = folder / "fts.sqlite"
    connection = sqlite3.connect(path)
    tokenizer = "trigram" if trigram else ("porter unicode61" if english else "unicode61")
    columns = ", ".join(_FIELDS)
    connection.execute(f"CREATE VIRTUAL TABLE d USING fts5({columns}, tokenize='{tokenizer}')")
    rows = (
        [(d.title, d.summary, "\n".join(d.asked), d.body) for d in corpus.documents]
        if trigram
        else segmented(corpus)
    )
    connection.executemany("INSERT INTO d VALUES (?, ?, ?, ?)", rows)
    connection.execute("INSERT INTO d(d) VALUES ('optimize')")
    connection.commit()
    seconds = time.process_time() - started
    weights = f"{_TITLE_BOOST}, 1.0, 1.0, 1.0"
    statement = (
        f"SELECT rowid, -bm25(d, {weights}) FROM d WHERE d MATCH ? "
        f"ORDER BY bm25(d, {weights}) LIMIT {_HITS}"
    )

    def search(text: str) -> Ranked:
        terms = _trigrams(text) if trigram else words_of(text)
        quoted = ['"' + term.replace('"', '""') + '"' for term in dict.fromkeys(terms)]
        if not quoted:
            return []
        found = connection.execute(statement, (" OR ".join(quoted),))
        return [(corpus.documents[row - 1].article_id, score) for row, score in found]

    outcome = Outcome(ask_all(corpus, search), seconds, path.stat().st_size)
    connection.close()
    return outcome


class WordsBm25:
    """BM25 over jieba's words, one document a document of the set."""

    def __init__(self, corpus: Corpus) -> None:
        self._articles = [d.article_id for d in corpus.documents]
        documents = [[w for text in texts for w in text.split()] for texts in segmented(corpus)]
        self._bm25 = bm25s.BM25(method="lucene")
        self._bm25.index(documents, show_progress=False)
        self._known = set(self._bm25.vocab_dict)

    def search(self, text: str) -> Ranked:
        """Return documents that hold a word of ``text``."""
        terms = [w for w in words_of(text) if w in self._known]
        if not terms:
            return []
        scores = self._bm25.get_scores(terms)
        best = np.argsort(-scores, kind="stable")[:_HITS]
        return [(self._articles[i], float(scores[i])) for i in best if scores[i] > 0]

    @property
    def index_bytes(self) -> int:
        """Bytes of the arrays and of the words."""
        arrays = sum(self._bm25.scores[name].nbytes for name in ("data", "indices", "indptr"))
        return arrays + sum(len(word.encode()) for word in self._known)


def _trigrams(text: str) -> list[str]:
    return [run[i : i + 3] for run in re.findall(r"\w+", text.lower()) for i in range(len(run) - 2)]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
