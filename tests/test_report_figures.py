"""Counts of a period, against what a hand counts."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from report_events import MONDAY_MS, Tab, by_time

from search_index.report.figures import Figures, Share, Votes, count, differ

SHANGHAI = ZoneInfo("Asia/Shanghai")


def counted(*tabs: Tab) -> Figures:
    return count(by_time(*tabs), SHANGHAI)


def test_shares_of_searches_have_their_own_wholes() -> None:
    opened, untouched, nothing, emergency = Tab(), Tab(), Tab(), Tab()
    opened.open(opened.search("充值没到账"))
    untouched.search("提币审核")
    nothing.reject(nothing.search("怎么跟单", answered=False, hit_ids=()))
    emergency.search("币被盗了", urgent_id="KB-0038")
    figures = counted(opened, untouched, nothing, emergency)
    assert figures.no_answer == Share(1, 4)
    assert figures.no_click == Share(1, 2)  # neither the unanswered one nor the emergency
    assert figures.rejected == Share(1, 4)
    assert (figures.searches, figures.sessions) == (4, 4)


def visit(*, opens: bool = False, then: str = "leave", **values: str) -> Tab:
    tab = Tab().contact()
    query_id = tab.describe(**values)
    if opens:
        tab.open(query_id)
    match then:
        case "solved":
            tab.solved(query_id)
        case "still":
            tab.still(query_id)
        case "submit":
            tab.still(query_id).submit()
    return tab


def test_the_three_deflections_are_kept_apart() -> None:
    figures = counted(
        visit(then="solved"),
        visit(opens=True),
        visit(),
        visit(),
        visit(then="still"),
        visit(then="submit", opens=True),
    )
    assert figures.solved == Share(1, 6)
    assert (figures.left_opened, figures.left) == (Share(1, 6), Share(3, 6))
    assert figures.gave_up == Share(1, 6)
    assert figures.submitted == Share(1, 6)


def test_an_emergency_is_in_no_figure_on_deflection() -> None:
    calm = [visit(then="solved"), visit()]
    urgent = [
        visit(then=then, opens=True, response_class="urgent")
        for then in ("solved", "leave", "still", "submit")
    ]
    alone, together = counted(*calm), counted(*calm, *urgent)
    for name in ("suggested", "solved", "left_opened", "left", "gave_up", "submitted"):
        assert getattr(alone, name) == getattr(together, name), name
    assert (alone.urgent_visits, together.urgent_visits) == (0, 4)


def test_a_visit_that_was_shown_nothing_is_not_in_the_whole() -> None:
    nothing = Tab().contact()
    nothing.describe(hit_ids=(), answered=False)
    assert counted(nothing, visit()).suggested == Share(1, 2)
    assert counted(nothing, visit()).left == Share(1, 1)


def test_urgent_tickets_do_not_count_per_thousand_searches() -> None:
    tab = Tab()
    tab.search("充值没到账")
    tab.submit("general").submit("urgent")
    figures = counted(tab)
    assert dict(figures.tickets) == {"general": 1, "urgent": 1}
    assert figures.tickets_per_1000 == 1000


def test_texts_typed_on_the_contact_page_are_no_searches_but_questions() -> None:
    figures = counted(visit())
    assert figures.searches == 0
    assert [question.text for question in figures.questions] == ["充值没到账"]


def test_hours_and_days_are_local() -> None:
    late = Tab(at_ms=MONDAY_MS + 15 * 3600 * 1000 - 2000)  # 23:59:58 in Shanghai, 15:59 UTC
    late.search("充值没到账")
    late.wait(60).search("提币审核")
    figures = counted(late)
    assert (figures.load[0][23], figures.load[1][0]) == (1, 1)
    assert figures.days == ((date(2026, 11, 16), 1, 0), (date(2026, 11, 17), 1, 0))


def test_the_worst_article_is_not_the_one_with_a_single_vote() -> None:
    tab = Tab()
    tab.rate("KB-0019", False, reason="unclear")
    for helpful in [False] * 8 + [True] * 2:
        tab.rate("KB-0024", helpful, reason=None if helpful else "outdated")
    votes = counted(tab).votes
    assert [vote.article_id for vote in votes] == ["KB-0024", "KB-0019"]
    assert dict(votes[0].reasons) == {"outdated": 8}


@pytest.mark.parametrize(
    ("helpful", "unhelpful", "badness"), [(0, 1, 0.207), (2, 8, 0.490), (0, 0 + 100, 0.963)]
)
def test_badness_is_the_lower_bound_of_wilson(helpful: int, unhelpful: int, badness: float) -> None:
    votes = Votes("KB-0019", helpful, unhelpful, {}, ())
    assert votes.badness == pytest.approx(badness, abs=0.001)


def test_secrets_are_counted_by_kind_and_place() -> None:
    tab = Tab().secret().secret().secret("private_key", "ticket")
    assert dict(counted(tab).secrets) == {
        ("recovery_phrase", "browser"): 2,
        ("private_key", "ticket"): 1,
    }


def test_searches_without_a_session_are_never_several_people() -> None:
    tab = Tab(session=None)
    for _ in range(5):
        tab.wait(60).search("怎么跟单", answered=False)
    (question,) = counted(tab).questions
    assert len(question.asked) == 1
    assert counted(tab).searches == 5


def test_purged_texts_are_counted_and_told() -> None:
    tab = Tab()
    tab.search("充值没到账")
    tab.wait(60).search(None)
    figures = counted(tab)
    assert figures.texts == Share(1, 2)
    assert figures.reformulated.whole == 1


def test_nothing_is_no_share() -> None:
    figures = counted()
    assert figures.no_answer.value is None
    assert figures.tickets_per_1000 is None


@pytest.mark.parametrize(
    ("now", "before", "clear"),
    [((50, 1000), (80, 1000), True), ((5, 100), (8, 100), False), ((0, 0), (1, 2), False)],
)
def test_a_change_within_chance_is_none(
    now: tuple[int, int], before: tuple[int, int], clear: bool
) -> None:
    assert differ(Share(*now), Share(*before)) is clear
