"""Which questions become candidates, how they are grouped, and what is never shown."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from report_events import Tab, by_time

from search_index.report.clusters import Candidates, agglomerate, find_candidates
from search_index.report.figures import count
from search_index.searcher import Searcher
from search_index.snapshot import open_snapshot

COPY_TRADING = ("怎么跟单", "怎么开通跟单", "跟单怎么取消")


@pytest.fixture(scope="module")
def find(mini_snapshot: Path) -> object:
    snapshot = open_snapshot(mini_snapshot)
    searcher = Searcher.of(snapshot)

    def run(*tabs: Tab, least_sessions: int = 3, limit: int = 10) -> Candidates:
        questions = count(by_time(*tabs), ZoneInfo("UTC")).questions
        return find_candidates(
            questions, snapshot, searcher, least_sessions=least_sessions, limit=limit
        )

    return run


def asking(text: str, times: int, *, answered: bool = False, opens: bool = False) -> list[Tab]:
    tabs = [Tab() for _ in range(times)]
    for tab in tabs:
        query_id = tab.search(text, answered=answered)
        if opens:
            tab.open(query_id)
    return tabs


def test_what_is_not_answered_is_a_candidate_and_what_is_answered_is_none(find) -> None:
    found = find(*asking("怎么跟单", 4), *asking("充值没到账", 9, answered=True, opens=True))
    (candidate,) = found.groups
    assert [(p.text, p.sessions) for p in candidate.phrases] == [("怎么跟单", 4)]
    assert (candidate.sessions, candidate.unanswered, candidate.priority) == (4, 4, 4)


def test_wordings_of_one_subject_are_one_candidate(find) -> None:
    tabs = [tab for text in COPY_TRADING for tab in asking(text, 3)]
    (candidate,) = find(*tabs).groups
    assert {phrase.text for phrase in candidate.phrases} == set(COPY_TRADING)
    assert candidate.sessions == 9


def test_a_wording_of_two_sessions_counts_and_is_not_shown(find) -> None:
    (candidate,) = find(*asking("怎么跟单", 3), *asking("怎么开通跟单", 2)).groups
    assert (candidate.sessions, candidate.hidden) == (5, 1)
    assert "开通" not in str(candidate)


def test_a_group_of_rare_wordings_shows_only_words_of_enough_sessions(find) -> None:
    tabs = [tab for text in (*COPY_TRADING, "跟单张三丰") for tab in asking(text, 1)]
    (candidate,) = find(*tabs).groups
    assert candidate.phrases == ()
    assert candidate.words == ("跟单",)
    assert "张三" not in str(candidate)


def test_what_too_few_asked_is_counted_only(find) -> None:
    found = find(*asking("怎么跟单", 2))
    assert found == Candidates((), 2)


def test_one_session_that_asks_often_is_one_session(find) -> None:
    tab = Tab()
    for _ in range(20):
        tab.wait(600).search("怎么跟单", answered=False)
    assert find(tab).groups == ()


def test_searches_without_a_session_show_nothing(find) -> None:
    tab = Tab(session=None)
    for _ in range(20):
        tab.search("怎么跟单", answered=False)
    assert find(tab) == Candidates((), 1)


def test_an_answer_that_nobody_opens_counts_half_and_needs_many(find) -> None:
    assert find(*asking("怎么跟单", 7, answered=True)).groups == ()
    (candidate,) = find(*asking("怎么跟单", 8, answered=True)).groups
    assert candidate.priority == pytest.approx(4 * 4 / 8)


def test_contact_after_opening_nothing_counts_whole(find) -> None:
    tabs = asking("怎么跟单", 4, answered=True)
    for tab in tabs:
        tab.contact()
    (candidate,) = find(*tabs).groups
    assert (candidate.followed_up, candidate.priority) == (4, 4)


def test_emergencies_are_no_candidates(find) -> None:
    tabs = [Tab() for _ in range(10)]
    for tab in tabs:
        tab.search("币被盗了", urgent_id="KB-0038")
        tab.contact()
    assert find(*tabs).groups == ()


def test_the_closest_article_is_named_and_whether_it_answers_by_now(find) -> None:
    (candidate,) = find(*asking("转账选错链了怎么办", 5)).groups
    assert candidate.nearest_id == "KB-0024"
    assert candidate.category == "transfers"
    assert candidate.answered_since


def test_what_is_beyond_the_limit_is_counted(find) -> None:
    found = find(*asking("怎么跟单", 5), *asking("weather tomorrow", 4), limit=1)
    assert [candidate.sessions for candidate in found.groups] == [5]
    assert found.others == 4


def test_groups_are_joined_by_their_mean_cosine() -> None:
    angles = np.radians([0, 10, 90, 100, 200])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert agglomerate(vectors, 0.5).tolist() == [0, 0, 2, 2, 4]
    assert agglomerate(vectors, -1).tolist() == [0] * 5
    assert agglomerate(vectors, 1.1).tolist() == [0, 1, 2, 3, 4]


def test_the_order_of_joining_does_not_depend_on_equal_pairs() -> None:
    vectors = np.eye(4, dtype=np.float32)
    assert agglomerate(vectors, 0.0).tolist() == [0] * 4
    assert agglomerate(np.empty((0, 4), dtype=np.float32), 0.5).tolist() == []
