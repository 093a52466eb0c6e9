"""The period, the topics and the articles to check again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from report_events import Tab, by_time
from report_samples import report_snapshot, sample_report  # noqa: F401

from search_index.report import Period, Report

Make = Callable[..., Report]


def test_a_period_is_whole_local_days_and_the_one_before_is_as_long() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    period = Period(date(2026, 10, 25), date(2026, 10, 25), berlin)  # the clocks go back
    assert period.to_ms - period.from_ms == 25 * 3600 * 1000
    assert period.before() == Period(date(2026, 10, 24), date(2026, 10, 24), berlin)
    assert period.before().to_ms == period.from_ms


def test_nothing_before_is_no_comparison(sample_report: Make) -> None:  # noqa: F811
    tab = Tab()
    tab.search("充值没到账")
    assert sample_report(events=tab.events).previous is None
    previous = sample_report().previous
    assert previous is not None
    assert previous.searches == 1


def test_topics_gather_the_wordings_that_find_one_article(sample_report: Make) -> None:  # noqa: F811
    tabs = [Tab() for _ in range(7)]
    for number, tab in enumerate(tabs):
        query_id = tab.search("充值没到账" if number < 4 else "充币几个小时没到")
        if number == 0:
            tab.reject(query_id)
    (topic,) = sample_report(events=by_time(*tabs)).topics
    assert (topic.article_id, topic.sessions, topic.failed) == ("KB-0019", 7, 1)
    assert topic.phrases == ("充值没到账", "充币几个小时没到")


def test_articles_checked_long_ago_are_stale_and_the_most_found_come_first(
    sample_report: Make,  # noqa: F811
) -> None:
    tab = Tab()
    tab.search("充值没到账")
    stale = sample_report(events=tab.events, stale_after_days=1).stale
    assert (stale[0].article_id, stale[0].sessions) == ("KB-0019", 1)
    assert len(stale) == 6


def test_articles_past_their_review_are_stale_however_lately_they_were_checked(
    sample_report: Make,  # noqa: F811
) -> None:
    (stale,) = sample_report().stale
    assert (stale.article_id, stale.review_by) == ("KB-0078", date(2026, 11, 28))
    assert stale.facts_checked == date(2026, 11, 21)


def test_comments_are_masked_again(sample_report: Make) -> None:  # noqa: F811
    (votes,) = sample_report().voted
    assert votes.comments == ("第三步看不懂，电话[phone]",)
