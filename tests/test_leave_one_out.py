"""Questions scored as if they were not in the index."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from site_index import documents_of

from kb_build.calibration import UNCALIBRATED
from kb_build.leave_one_out import LeaveOneOut, LexicalWithout
from search_index import centroids
from search_index.lexical import LexicalIndex
from search_index.passage_vectors import PassageVectors
from search_index.searcher import Searcher
from search_index.snapshot import Snapshot

DOCUMENTS = [["提", "币", "提币", "到", "账"], ["密", "码", "密码"], ["币", "链", "链", "错"]]


@pytest.fixture
def searcher(built_snapshot: Snapshot) -> Searcher:
    """A searcher of the tiny site."""
    return Searcher(built_snapshot.parts, built_snapshot.encoder, UNCALIBRATED, "test")


@pytest.fixture
def words_do_not_count(built_snapshot: Snapshot) -> Searcher:
    """A searcher of the tiny site by vectors only."""
    calibration = replace(UNCALIBRATED, lexical_weight=0.0)
    return Searcher(built_snapshot.parts, built_snapshot.encoder, calibration, "test")


@pytest.fixture
def leave_one_out(searcher: Searcher) -> LeaveOneOut:
    """The questions of the tiny site."""
    return LeaveOneOut(searcher, documents_of(searcher.parts))


def without(index: LexicalIndex, document: int, removed: list[str]) -> LexicalWithout:
    """Return the index in which ``document`` lacks ``removed``."""
    counts = Counter(DOCUMENTS[document]) - Counter(removed)
    mean_length = sum(map(len, DOCUMENTS)) / len(DOCUMENTS)
    length = len(DOCUMENTS[document]) - len(removed)
    return LexicalWithout(index, document, counts, length, mean_length)


@pytest.mark.parametrize("terms", [["币"], ["提币", "到", "到"], ["链", "unknown"], []])
@pytest.mark.parametrize("document", [0, 1, 2])
def test_with_nothing_taken_out_scores_are_those_of_the_index(
    terms: list[str], document: int
) -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert without(index, document, []).scores(terms) == pytest.approx(
        index.scores(terms), abs=1e-5
    )


def test_a_term_taken_out_scores_less_in_its_document_only() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    before, after = index.scores(["链"]), without(index, 2, ["链"]).scores(["链"])
    assert 0 < after[2] < before[2]
    assert after[:2] == pytest.approx(before[:2])


def test_a_document_without_any_of_the_terms_scores_nothing() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert without(index, 0, ["提币"]).scores(["提币"])[0] == 0


def test_the_bound_is_that_of_the_whole_index() -> None:
    index = LexicalIndex.build(DOCUMENTS)
    assert without(index, 0, ["提币"]).upper_bound(["提币"]) == index.upper_bound(["提币"])


def test_every_question_is_scored_once(leave_one_out: LeaveOneOut, searcher: Searcher) -> None:
    questions = leave_one_out.questions()
    assert len(questions) == 24
    assert all(searcher.parts.passages[row] is passage for row, passage in questions)


def test_the_vector_of_the_question_does_not_count(
    built_snapshot: Snapshot, words_do_not_count: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if its row had never been there; only words, and how phrasings vary, know of it."""
    parts = built_snapshot.parts
    metric = parts.vectors.centroids.metric
    words_do_not_count.parts = replace(parts, classifier=None)
    monkeypatch.setattr(centroids, "_metric", lambda *_: metric)
    leave_one_out = LeaveOneOut(words_do_not_count, documents_of(parts))
    matrix = parts.vectors.matrix()
    for row, passage in leave_one_out.questions():
        rows = [r for r in range(len(parts.passages)) if r != row]
        passages = tuple(parts.passages[r] for r in rows)
        vectors = PassageVectors.build(passages, matrix[rows])
        rest = replace(parts, passages=passages, vectors=vectors, classifier=None)
        truth = Searcher(rest, built_snapshot.encoder, words_do_not_count.calibration, "rest")
        left_out = leave_one_out.score(passage).scores
        assert left_out == pytest.approx(truth.score(passage.text).scores, abs=1e-5)


def test_the_words_of_the_question_do_not_count(
    leave_one_out: LeaveOneOut, searcher: Searcher, words_do_not_count: Searcher
) -> None:
    without_words = LeaveOneOut(words_do_not_count, documents_of(searcher.parts))
    for _row, passage in leave_one_out.questions():
        own = searcher.article_ids.index(passage.article_id)
        whole = searcher.score(passage.text).scores[own]
        whole -= words_do_not_count.score(passage.text).scores[own]
        left_out = leave_one_out.score(passage).scores[own]
        left_out -= without_words.score(passage).scores[own]
        assert left_out < whole, passage.text


def test_other_articles_score_as_before(leave_one_out: LeaveOneOut, searcher: Searcher) -> None:
    for _row, passage in leave_one_out.questions():
        own = searcher.article_ids.index(passage.article_id)
        whole, left_out = searcher.score(passage.text), leave_one_out.score(passage)
        others = np.arange(len(searcher.article_ids)) != own
        assert left_out.cosine[others] == pytest.approx(whole.cosine[others], abs=1e-5)
        assert left_out.coverage[others] == pytest.approx(whole.coverage[others], abs=1e-5)


def test_the_classifier_has_not_seen_the_question(
    leave_one_out: LeaveOneOut, searcher: Searcher
) -> None:
    """What it does not know it is less sure of."""
    shares = []
    for _, passage in leave_one_out.questions():
        own = searcher.article_ids.index(passage.article_id)
        both = searcher.score(passage.text), leave_one_out.score(passage)
        shares.append([scored.log_share[own] for scored in both])
    seen, unseen = np.mean(shares, axis=0)
    assert unseen < seen


def test_other_words_of_the_article_still_find_it(
    leave_one_out: LeaveOneOut, searcher: Searcher
) -> None:
    found = {
        passage.text: searcher.article_ids[leave_one_out.score(passage).order(1)[0]]
        for row, passage in leave_one_out.questions()
    }
    assert found["充值一直不到账"] == "KB-0019"
    assert found["lost my seed phrase"] == "KB-0053"


def test_another_text_can_be_scored_without_the_phrase_closest_to_it(
    leave_one_out: LeaveOneOut, searcher: Searcher
) -> None:
    text = "充值一直没有到账"
    scored = searcher.score(text)
    closest = leave_one_out.closest("KB-0019", scored)
    assert closest.text == "充值一直不到账"
    own = searcher.article_ids.index("KB-0019")
    without = leave_one_out.score(closest, text)
    assert without.scores[own] < scored.scores[own]
    assert without.readings == scored.readings
