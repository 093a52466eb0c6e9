"""Reads query sets, refuses broken ones by line, and measures a searcher on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from search_index.dev_set import OFF_TOPIC, DevQuery, evaluate, read_qrels, read_queries
from search_index.errors import KbError
from search_index.searcher import Searcher

QUERIES_HEADER = "query_id\tlang\tstyle\ttext\n"
QRELS_HEADER = "query_id\tarticle_id\tgrade\n"
QUERIES = [
    DevQuery("q1", "zh-CN", "question", "转账选错链了"),
    DevQuery("q2", "en", "question", "lost seed phrase"),
    DevQuery("q3", "zh-TW", "keyword", "提領成功但是沒有入帳"),
    DevQuery("x1", "zh-CN", OFF_TOPIC, "今天天气怎么样"),
    DevQuery("x2", "en", OFF_TOPIC, "weather tomorrow in london"),
]
QRELS = {"q1": {"KB-0024": 2}, "q2": {"KB-0052": 2}, "q3": {"KB-0019": 2}}


def write(folder: Path, text: str) -> Path:
    path = folder / "file.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_queries_are_read_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, f'{QUERIES_HEADER}q1\ten\tslang\tit\'s "gone", why?\n')
    assert read_queries(path) == [DevQuery("q1", "en", "slang", 'it\'s "gone", why?')]


def test_qrels_are_read_by_query(tmp_path: Path) -> None:
    path = write(tmp_path, f"{QRELS_HEADER}q1\tKB-0001\t2\nq1\tKB-0002\t1\nq2\tKB-0001\t2\n")
    assert read_qrels(path) == {"q1": {"KB-0001": 2, "KB-0002": 1}, "q2": {"KB-0001": 2}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\ttext\n", "file.tsv:1: the header is not query_id lang style text"),
        ("", "file.tsv:1: the header is not query_id lang style text"),
        (f"{QUERIES_HEADER}q1\ten\tslang\n", "file.tsv:2: 3 columns, not 4"),
        (f"{QUERIES_HEADER}q1\ten\tslang\tA\tB\n", "file.tsv:2: 5 columns, not 4"),
        (f"{QUERIES_HEADER}q1\ten\tslang\tA\nq2\ten\t\tB\n", "file.tsv:3: a column is empty"),
        (f"{QUERIES_HEADER}q1\ten\ta\tA\nq1\ten\ta\tB\n", "file.tsv:3: q1 stands here twice"),
    ],
)
def test_a_broken_query_file_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(KbError, match=message) as caught:
        read_queries(write(tmp_path, text))
    assert caught.value.code == "FILE_INVALID"


@pytest.mark.parametrize("grade", ["0", "3", "", "yes", "2.0"])
def test_a_grade_other_than_1_or_2_is_refused(tmp_path: Path, grade: str) -> None:
    with pytest.raises(KbError, match=f"file.tsv:2: grade '{grade}' is not 1 or 2"):
        read_qrels(write(tmp_path, f"{QRELS_HEADER}q1\tKB-0001\t{grade}\n"))


def test_a_file_that_is_not_utf8_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "file.tsv"
    path.write_bytes(QUERIES_HEADER.encode() + "q1\ten\tslang\t提币\n".encode("gb18030"))
    with pytest.raises(KbError, match=r"file\.tsv.*not UTF-8"):
        read_queries(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KbError, match=r"gone\.tsv is missing") as caught:
        read_qrels(tmp_path / "gone.tsv")
    assert caught.value.code == "FILE_MISSING"


def test_hits_and_rejections_are_counted(mini_searcher: Searcher) -> None:
    found = evaluate(mini_searcher, QUERIES, QRELS)
    assert (found.overall.queries, found.overall.hit_at_1) == (3, 1.0)
    assert (found.off_topic, found.off_topic_rejected, found.falsely_rejected) == (2, 1.0, 0.0)
    assert found.misses == ()
    assert found.snapshot == mini_searcher.snapshot_id


def test_figures_are_given_by_language_and_style(mini_searcher: Searcher) -> None:
    found = evaluate(mini_searcher, QUERIES, QRELS)
    assert {name: m.queries for name, m in found.by_lang.items()} == {
        "en": 1,
        "zh-CN": 1,
        "zh-TW": 1,
    }
    assert {name: m.queries for name, m in found.by_style.items()} == {"keyword": 1, "question": 2}


def test_a_miss_is_listed_with_what_was_found_and_wanted(mini_searcher: Searcher) -> None:
    found = evaluate(mini_searcher, QUERIES[:1], {"q1": {"KB-0078": 2}})
    (miss,) = found.misses
    assert miss[:2] == ("q1", "转账选错链了")
    assert (miss[2][0], miss[3]) == ("KB-0024", ("KB-0078",))
    assert found.overall.hit_at_1 == 0.0


def test_a_query_without_qrels_stops_the_evaluation(mini_searcher: Searcher) -> None:
    with pytest.raises(KbError, match="1 queries have no qrels: q2") as caught:
        evaluate(mini_searcher, QUERIES[:2], {"q1": {"KB-0024": 2}})
    assert caught.value.code == "QRELS_MISSING"


def test_progress_is_told_after_each_query(mini_searcher: Searcher) -> None:
    told: list[tuple[int, int]] = []
    evaluate(mini_searcher, QUERIES, QRELS, lambda done, total: told.append((done, total)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
