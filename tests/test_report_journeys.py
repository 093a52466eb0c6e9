"""What became of a search and of a visit to the contact page, tab by tab."""

from __future__ import annotations

import pytest
from report_events import Tab, by_time

from search_index.report.journeys import ContactVisit, Search, follow, text_key


def searches(tab: Tab) -> tuple[Search, ...]:
    (journey,) = follow(tab.events)
    return journey.searches


def contact(tab: Tab) -> ContactVisit:
    (journey,) = follow(tab.events)
    assert journey.contact is not None
    return journey.contact


def test_what_is_searched_while_somebody_types_is_one_question() -> None:
    tab = Tab()
    for text in ("充值", "充值没", "充值没到账", "充值没到账？"):
        tab.search(text)
    assert [search.text for search in searches(tab)] == ["充值没到账"]


def test_a_half_typed_text_whose_hit_was_opened_is_a_question() -> None:
    tab = Tab()
    tab.open(tab.search("充值"))
    tab.search("充值没到账")
    assert [search.opened for search in searches(tab)] == [True, False]


def test_another_question_is_no_typing() -> None:
    tab = Tab()
    tab.search("充值没到账")
    tab.wait(5).search("助记词丢了")
    assert len(searches(tab)) == 2


def test_without_texts_only_what_follows_at_once_is_typing() -> None:
    tab = Tab()
    tab.search(None)
    tab.search(None)
    tab.wait(5).search(None)
    assert [search.text for search in searches(tab)] == [None, None]
    assert {search.reformulated for search in searches(tab)} == {None}


@pytest.mark.parametrize(("pause_s", "reformulated"), [(60, True), (299, True), (301, False)])
def test_other_words_within_five_minutes_are_a_reformulation(
    pause_s: int, reformulated: bool
) -> None:
    tab = Tab()
    tab.search("充值没到账")
    tab.wait(pause_s - 1).search("deposit missing")
    assert [search.reformulated for search in searches(tab)] == [reformulated, False]


def test_after_a_click_nothing_is_a_reformulation() -> None:
    tab = Tab()
    tab.open(tab.search("充值没到账"))
    tab.wait(20).search("提币没到账")
    assert not any(search.reformulated for search in searches(tab))


@pytest.mark.parametrize(("pause_s", "contacted"), [(1700, True), (1900, False)])
def test_contact_within_half_an_hour_follows_from_a_search(pause_s: int, contacted: bool) -> None:
    tab = Tab()
    tab.search("充值没到账")
    tab.wait(pause_s).contact()
    assert searches(tab)[0].contacted is contacted


def test_a_text_typed_on_the_contact_page_leads_to_contact_only_by_a_ticket() -> None:
    quiet, sent = Tab(), Tab()
    quiet.describe()
    sent.describe()
    sent.submit()
    assert [searches(tab)[0].contacted for tab in (quiet, sent)] == [False, True]


def test_a_ticket_after_solved_is_not_solved() -> None:
    tab = Tab().contact()
    tab.solved(tab.describe())
    assert contact(tab).solved
    tab.submit()
    assert (contact(tab).solved, contact(tab).submitted) == (False, True)


def test_solved_before_the_contact_page_says_nothing_of_it() -> None:
    tab = Tab().solved(article_id="KB-0019").contact()
    tab.describe()
    assert not contact(tab).solved


@pytest.mark.parametrize(
    "emergency",
    [
        lambda tab: tab.submit("urgent"),
        lambda tab: tab.describe(response_class="urgent"),
        lambda tab: tab.search("币被盗了", urgent_id="KB-0038"),
    ],
)
def test_one_sign_of_an_emergency_makes_the_whole_visit_one(emergency: object) -> None:
    tab = Tab().contact()
    tab.describe()
    assert not contact(tab).urgent
    emergency(tab)  # type: ignore[operator]
    assert contact(tab).urgent


def test_events_of_other_tabs_do_not_mix() -> None:
    first, second = Tab(), Tab()
    first.search("充值没到账")
    second.contact()
    journeys = list(follow(by_time(first, second)))
    assert [len(journey.searches) for journey in journeys] == [1, 0]
    assert not journeys[0].searches[0].contacted


def test_events_without_a_session_are_journeys_of_their_own() -> None:
    tab = Tab(session=None)
    tab.search("充值")
    tab.search("充值没到账")
    assert [len(journey.searches) for journey in follow(tab.events)] == [1, 1]


@pytest.mark.parametrize("text", ["充值没到账？", " 充值没到账。 ", "充值没到帐", "充值沒到帳!"])
def test_spelling_and_marks_do_not_make_another_question(text: str) -> None:
    assert text_key(text) == "充值没到账"
