"""A small report for tests: a fortnight at the tiny help centre.

from report_samples import sample_events, sample_report  # noqa: F401
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from report_events import MONDAY_MS, Tab, by_time

from search_index.events import Event
from search_index.report import Period, Report, make_report
from search_index.settings import ReportSettings, ResponseTargets
from search_index.snapshot import Snapshot, open_snapshot

FORTNIGHT = Period(date(2026, 11, 16), date(2026, 11, 29), ZoneInfo("Asia/Shanghai"))
HOSTILE = "=cmd|' /C calc'!A1 <script>alert(1)</script>"
RARE = "我的账户是张三丰"
COMMENT = "第三步看不懂，电话13812345678"
_WEEK_MS = 7 * 24 * 3600 * 1000


def sample_events() -> list[Event]:
    """Return what happened, with some of it in the fortnight before."""
    tabs = []
    for text, times, answered in (
        ("怎么跟单", 5, False),
        (HOSTILE, 3, False),
        (RARE, 2, False),
        ("充值没到账", 40, True),
    ):
        for number in range(times):
            tab = Tab()
            query_id = tab.search(text, answered=answered, hit_ids=("KB-0019",) if answered else ())
            if answered and number % 2:
                tab.open(query_id)
            if not answered:
                tab.contact()
                tab.describe()
                tab.submit("technical")
            tabs.append(tab)
    tabs.append(Tab().secret().rate("KB-0024", False, reason="unclear", comment=COMMENT))
    urgent = Tab().contact()
    urgent.describe(response_class="urgent")
    before = Tab(at_ms=MONDAY_MS - _WEEK_MS)
    before.search("充值没到账", answered=False)
    return by_time(*tabs, urgent.submit("urgent"), before)


@pytest.fixture(scope="session")
def report_snapshot(mini_snapshot: Path) -> Snapshot:
    """The tiny help centre's snapshot, open."""
    return open_snapshot(mini_snapshot)


@pytest.fixture(scope="session")
def sample_report(report_snapshot: Snapshot) -> Callable[..., Report]:
    """Makes the report in a language, on other events or settings."""

    def make(
        lang: str = "zh", events: Iterable[Event] | None = None, **settings: int | str
    ) -> Report:
        kept = sample_events() if events is None else list(events)

        def read(from_ms: int, to_ms: int) -> Iterable[Event]:
            return (event for event in kept if from_ms <= event.at_ms < to_ms)

        targets = ResponseTargets(response_urgent={"zh": "立即", "en": "at once"})
        return make_report(
            read, report_snapshot, FORTNIGHT, ReportSettings(**settings), targets, lang
        )

    return make
