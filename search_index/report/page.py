"""The report as one HTML page that asks nobody for anything: style and drawings inside, no script.

What to write next comes first; every figure stands beside its definition. It counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from importlib.resources import files
from xml.etree.ElementTree import Element

from search_index.analyzer import detect_language
from search_index.report.charts import day_bars, heat_map, share_bar
from search_index.report.clusters import Candidate
from search_index.report.contents import Period, Report
from search_index.report.figures import Figures, Share, Votes, differ
from search_index.report.markup import Content, element, to_html
from search_index.report.texts import TEXTS

_FIRST = 5
"""Candidates on the first screen."""
_ALSO = 3
"""Further wordings shown of a candidate."""
_MOST_TOPICS = 15
_MOST_VOTED = 12
_MOST_STALE = 20
_FEW = 30
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"

_div = partial(element, "div")
_p = partial(element, "p")
_li = partial(element, "li")
_span = partial(element, "span")


def render_page(report: Report) -> str:
    """Return the page in the report's language."""
    return to_html(_Page(report).root())


class _Page:
    """Renders one report; its methods return one part each."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._now = report.figures
        self._before = report.previous
        self._texts = TEXTS[report.lang]

    def root(self) -> Element:
        lang = {"zh": "zh-CN", "en": "en"}[self._report.lang]
        body = [self._header(), element("main", self._first_screen(), self._rest())]
        return element("html", self._head(), element("body", body), lang=lang)

    def _say(self, name: str, /, **values: object) -> str:
        return self._texts[name].format(**values)

    def _head(self) -> Element:
        policy = element("meta", http_equiv="Content-Security-Policy", content=_POLICY)
        return element(
            "head",
            element("meta", charset="utf-8"),
            policy,
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="robots", content="noindex"),
            element("link", rel="icon", href="data:,"),
            element("title", f"{self._say('title')} {_days(self._report.period)}"),
            element("style", (files("search_index.report") / "report.css").read_text("utf-8")),
        )

    def _header(self) -> Element:
        period = self._report.period
        before = period.before()
        notes = [
            self._say("period", first=period.first, last=period.last, days=period.days,
                      zone=period.zone.key),
            self._say("compared", first=before.first, last=before.last)
            if self._before
            else self._say("no_previous"),
            self._say("made_with", snapshot=self._report.snapshot_id[:8]),
        ]  # fmt: skip
        joint = "，" if self._report.lang == "zh" else "; "
        return element(
            "header", element("h1", self._say("title")), _p(joint.join(notes), class_="muted")
        )

    def _first_screen(self) -> Element:
        now = self._now
        tiles = [
            self._count_tile("searches", lambda f: f.searches),
            self._share_tile("no_answer", lambda f: f.no_answer, good_when="less"),
            self._share_tile("solved", lambda f: f.solved, good_when="more"),
            self._range_tile(),
            self._rate_tile(),
        ]
        if not now.searches and not now.tickets:
            return element("section", _p(self._say("empty")))
        glance = element("section", element("h2", self._say("key_figures")), _list(tiles))
        return _div(self._write_next(), glance, class_="first")

    def _rest(self) -> Iterable[Element]:
        more = self._report.candidates.groups[_FIRST:]
        if more:
            yield element(
                "section",
                element("h2", self._say("write_next_more")),
                element("ol", map(self._candidate, more), class_="write more",
                        style=f"counter-reset: place {_FIRST}"),
            )  # fmt: skip
        yield self._search_section()
        yield self._contact_section()
        yield self._topics()
        yield self._votes()
        yield _div(self._load(), self._by_day(), class_="two")
        yield _div(self._secrets(), self._stale(), class_="two")
        privacy = self._say("privacy", k=self._report.least_sessions)
        yield _p(privacy, " ", self._say("colours") if self._before else None, class_="note")

    # What to write next

    def _write_next(self) -> Element:
        candidates = self._report.candidates
        parts: list[Content] = [element("h2", self._say("write_next"))]
        if candidates.groups:
            parts.append(element("ol", map(self._candidate, candidates.groups[:_FIRST]),
                                 class_="write"))  # fmt: skip
        else:
            parts.append(_p(self._say("write_next_none")))
        parts.append(_p(self._say("how_ranked"), class_="note"))
        if candidates.others:
            rest = self._say(
                "write_next_others", n=_whole(candidates.others), k=self._report.least_sessions
            )
            parts.append(_p(rest, class_="note"))
        return element("section", *parts)

    def _candidate(self, candidate: Candidate) -> Element:
        phrases = [phrase.text for phrase in candidate.phrases]
        heading = phrases[0] if phrases else " · ".join(candidate.words)
        # Those that the reader of the report can read come first.
        others = sorted(phrases[1:], key=lambda text: detect_language(text) != self._report.lang)
        also = _quoted(others[:_ALSO])
        hidden = candidate.hidden and not phrases
        counts = [
            element("b", self._say("asked", n=_whole(candidate.sessions))),
            *(
                _span(self._say(name, n=f"{part / candidate.sessions:.0%}"))
                for name, part in (
                    ("of_unanswered", candidate.unanswered),
                    ("of_unopened", candidate.unopened),
                    ("of_followed_up", candidate.followed_up),
                )
                if part
            ),
        ]
        return _li(
            element("h3", heading),
            _p(counts, class_="counts"),
            _p(self._say("also_asked"), also, class_="also") if also else None,
            _p(
                self._say("hidden_phrases", n=candidate.hidden, k=self._report.least_sessions),
                class_="also",
            )
            if hidden
            else None,
            self._advice(candidate),
        )

    def _advice(self, candidate: Candidate) -> Element:
        name = self._texts.get(candidate.category, candidate.category)
        category = _span(self._say("category", name=name), class_="next")
        if not candidate.nearest_id:
            return _p(category)
        if candidate.answered_since:
            kind = "answered_since"
        else:
            kind = "extend" if candidate.in_scope else "nearest"
        nearest = self._say(
            kind,
            id=candidate.nearest_id,
            title=self._title(candidate.nearest_id),
            score=f"{candidate.score:.2f}",
        )
        return _p(category, " · ", nearest, class_="near")

    # Figures

    def _search_section(self) -> Element:
        now = self._now
        languages = "、" if self._report.lang == "zh" else ", "
        parts = languages.join(
            f"{self._texts.get(f'lang_{lang}', lang)} {_percent(part / now.searches)}"
            for lang, part in sorted(now.languages.items(), key=lambda item: -item[1])
        )
        tiles = [
            self._count_tile("sessions", lambda f: f.sessions),
            self._share_tile("no_click", lambda f: f.no_click),
            self._share_tile("rejected", lambda f: f.rejected, good_when="less"),
            self._share_tile("reformulated", lambda f: f.reformulated, good_when="less"),
            self._share_tile("contact_after", lambda f: f.contact_after, good_when="less"),
            self._count_tile("solved_anywhere", lambda f: f.solved_anywhere),
        ]
        gone = now.texts.whole - now.texts.part
        return element(
            "section",
            element("h2", self._say("search_section")),
            _p(self._say("languages", parts=parts), class_="note") if parts else None,
            _p(self._say("text_gone", part=_whole(gone), whole=_whole(now.texts.whole)),
               class_="note bad") if gone else None,
            _list(tiles),
        )  # fmt: skip

    def _contact_section(self) -> Element:
        now = self._now
        tiles = [
            self._count_tile("suggested", lambda f: f.suggested.part),
            self._share_tile("submitted", lambda f: f.submitted, good_when="less"),
            self._share_tile("gave_up", lambda f: f.gave_up, good_when="less"),
        ]
        tickets = sum(now.tickets.values())
        rows = [
            [
                self._say(name),
                _whole(now.visits.get(name, 0)),
                _whole(now.tickets.get(name, 0)),
                _percent(now.tickets.get(name, 0) / tickets) if tickets else "–",
                target or self._say("no_target"),
            ]
            for name, target in self._report.targets.items()
        ]
        parts = [
            (now.tickets.get(name, 0) / tickets, shade)
            for name, shade in (("urgent", "heat5"), ("technical", "heat3"), ("general", "heat1"))
            if tickets
        ]
        heads = ["class", "class_visits", "class_tickets", "class_share", "class_target"]
        return element(
            "section",
            element("h2", self._say("contact_section")),
            _p(self._say("urgent_note", n=_whole(now.urgent_visits)), class_="note"),
            _list(tiles),
            element("h3", self._say("classes"), style="margin-top: 14px"),
            share_bar(parts, self._say("classes")) if parts else None,
            self._table(heads, rows, numbers={1, 2, 3}),
            _p(self._say("class_note"), class_="note"),
        )

    def _count_tile(self, name: str, of: Callable[[Figures], int]) -> Element:
        now, before = of(self._now), of(self._before) if self._before else None
        change = None
        if before:
            change = self._change(100 * (now - before) / before, "change_percent", None)
        return self._tile(name, _whole(now), None, change, _whole(before))

    def _share_tile(
        self, name: str, of: Callable[[Figures], Share], good_when: str | None = None
    ) -> Element:
        now, before = of(self._now), of(self._before) if self._before else Share(0, 0)
        change = None
        if now.value is not None and before.value is not None:
            judged = good_when if differ(now, before) else None
            change = self._change(100 * (now.value - before.value), "change_points", judged)
        return self._tile(name, _percent(now.value), now, change, _percent(before.value))

    def _range_tile(self) -> Element:
        low, high = self._now.left_opened, self._now.left
        before = None
        if self._before:
            before = _range(self._before.left_opened, self._before.left)
        counts = Share(high.part, high.whole)
        whole = f"{_whole(low.part)}–{_whole(high.part)} / {_whole(high.whole)}"
        return self._tile("implicit", _range(low, high), counts, None, before, whole)

    def _rate_tile(self) -> Element:
        now = self._now.tickets_per_1000
        before = self._before.tickets_per_1000 if self._before else None
        change = None
        if now is not None and before:
            change = self._change(100 * (now - before) / before, "change_percent", None)
        calm = sum(n for name, n in self._now.tickets.items() if name != "urgent")
        return self._tile(
            "per_1000", _decimal(now), Share(calm, self._now.searches), change, _decimal(before)
        )

    def _tile(
        self,
        name: str,
        value: str,
        share: Share | None,
        change: Element | None,
        before: str | None,
        whole: str | None = None,
    ) -> Element:
        if share is not None and whole is None:
            whole = self._say("of", part=_whole(share.part), whole=_whole(share.whole))
        changes: list[Content] = []
        if self._before and before is not None:
            changes = [change, " · " if change is not None else "",
                       self._say("previous", value=before)]  # fmt: skip
        few = share is not None and 0 < share.whole < _FEW
        return _li(
            _div(self._say(name), class_="name"),
            _div(value, " ", _span(whole, class_="whole") if whole else None, class_="value"),
            _div(*changes, class_="change muted") if changes else None,
            _div(self._say("few"), class_="change bad") if few else None,
            _div(self._say(f"{name}_why"), class_="why"),
            class_="tile",
        )

    def _change(self, amount: float, name: str, good_when: str | None) -> Element:
        if abs(amount) < 0.05:
            return _span(self._say("unchanged"))
        sign = "+" if amount > 0 else "−"
        text = self._say(name, sign=sign, value=f"{abs(amount):.1f}")
        judged = None
        if good_when:
            judged = "good" if (amount > 0) == (good_when == "more") else "bad"
        return _span("▲ " if amount > 0 else "▼ ", text, class_=judged)

    # Tables and charts

    def _topics(self) -> Element:
        rows: list[list[Content]] = [
            [
                f"{topic.article_id} {self._title(topic.article_id)}",
                _whole(topic.sessions),
                _percent(topic.failed / topic.sessions),
                _span(_quoted(topic.phrases), class_="muted"),
            ]
            for topic in self._report.topics[:_MOST_TOPICS]
        ]
        heads = ["topic_article", "topic_sessions", "topic_failed", "topic_phrases"]
        return self._section("topics", self._say("topics_why"), self._table(heads, rows, {1, 2}))

    def _votes(self) -> Element:
        voted = self._report.voted[:_MOST_VOTED]
        if not voted:
            return self._section("votes", self._say("votes_none"))
        rows: list[list[Content]] = [
            [
                f"{votes.article_id} {self._title(votes.article_id)}",
                _whole(votes.unhelpful),
                _whole(votes.helpful),
                [
                    self._reasons(votes),
                    *(_span(comment, class_="quote") for comment in votes.comments),
                ],
            ]
            for votes in voted
        ]
        heads = ["topic_article", "votes_unhelpful", "votes_helpful", "votes_reasons"]
        return self._section("votes", self._say("votes_why"), self._table(heads, rows, {1, 2}))

    def _reasons(self, votes: Votes) -> str:
        ordered = sorted(votes.reasons.items(), key=lambda item: (-item[1], item[0]))
        return " · ".join(f"{self._texts.get(f'reason_{r}', r)} {n}" for r, n in ordered)

    def _load(self) -> Element:
        days = self._report.period.days
        first = self._report.period.first.weekday()
        # How often each weekday comes in the period.
        weeks = [days // 7 + ((day - first) % 7 < days % 7) for day in range(7)]
        load = [
            [value / weeks[day] if weeks[day] else 0.0 for value in row]
            for day, row in enumerate(self._now.load)
        ]
        names = self._say("weekdays").split()
        value, day, hour = max(
            (value, -day, -hour) for day, row in enumerate(load) for hour, value in enumerate(row)
        )
        why = self._say("load_why", zone=self._report.period.zone.key, day=names[-day],
                        hour=f"{-hour:02}", value=_decimal(value))  # fmt: skip
        chart = heat_map(load, names, self._say("load"), self._texts["load_tip"])
        return self._section("load", why, _div(chart, class_="heat-scroll", tabindex=0))

    def _by_day(self) -> Element:
        counted = {day: (asked, unanswered) for day, asked, unanswered in self._now.days}
        period = self._report.period
        every = (period.first + timedelta(days=n) for n in range(period.days))
        rows = [(day.isoformat(), *counted.get(day, (0, 0))) for day in every]
        day, most, part = max(rows, key=lambda row: row[1])
        why = self._say("days_why", day=day, value=_whole(most), part=_whole(part))
        name = "days" if len(rows) <= 92 else "weeks"
        return self._section(name, why, day_bars(rows, self._say(name), self._texts["days_tip"]))

    def _secrets(self) -> Element:
        found = self._now.secrets
        if not found:
            return self._section("secrets", self._say("secrets_none"))
        kinds = sorted({kind for kind, _ in found})
        places = [p for p in ("browser", "search", "deflect", "ticket", "feedback")
                  if any(place == p for _, place in found)]  # fmt: skip
        rows = [
            [
                self._texts.get(f"secret_{kind}", kind),
                *(_whole(found.get((kind, place), 0)) for place in places),
                _whole(sum(found.get((kind, place), 0) for place in places)),
            ]
            for kind in kinds
        ]
        heads = ["secret_kind", *(f"place_{place}" for place in places), "total"]
        table = self._table(heads, rows, set(range(1, len(heads))))
        return self._section("secrets", self._say("secrets_why"), table)

    def _stale(self) -> Element:
        days = self._report.stale_after_days
        if not self._report.stale:
            return self._section("stale", self._say("stale_none", n=days))
        rows = [
            [
                f"{stale.article_id} {self._title(stale.article_id)}",
                _whole(stale.sessions),
                stale.facts_checked.isoformat(),
                stale.review_by.isoformat() if stale.review_by else "–",
            ]
            for stale in self._report.stale[:_MOST_STALE]
        ]
        heads = ["topic_article", "topic_sessions", "stale_checked", "stale_review"]
        table = self._table(heads, rows, {1, 2, 3})
        return self._section("stale", self._say("stale_why", n=days), table)

    def _section(self, name: str, why: str, *contents: Content) -> Element:
        heading = element("h2", self._say(name))
        return element("section", heading, _p(why, class_="note"), *contents)

    def _table(
        self, heads: Sequence[str], rows: Sequence[Sequence[Content]], numbers: set[int]
    ) -> Element:
        def shade(column: int) -> str | None:
            return "number" if column in numbers else None

        head = element(
            "tr",
            (
                element("th", self._say(name), scope="col", class_=shade(column))
                for column, name in enumerate(heads)
            ),
        )
        body = [
            element(
                "tr",
                element("th", row[0], scope="row"),
                (
                    element("td", cell, class_=shade(column), data_name=self._say(heads[column]))
                    for column, cell in enumerate(row[1:], 1)
                ),
            )
            for row in rows
        ]
        # On a phone a row with a text of its own becomes a block.
        stacked = "stack" if len(numbers) < len(heads) - 1 else None
        table = element("table", element("thead", head), element("tbody", body), class_=stacked)
        return _div(table, class_="wide", tabindex=0)

    def _title(self, article_id: str) -> str:
        record = self._report.articles.get(article_id)
        return record.title if record else ""


def _list(tiles: Sequence[Element]) -> Element:
    return element("ul", tiles, class_="tiles")


def _quoted(texts: Iterable[str]) -> str:
    return " ".join(f"“{text}”" for text in texts)


def _whole(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{100 * share:.0f}%" if share >= 0.0995 or not share else f"{100 * share:.1f}%"


def _decimal(number: float | None) -> str:
    return "–" if number is None else f"{number:.1f}"


def _range(low: Share, high: Share) -> str:
    if low.value is None or high.value is None:
        return "–"
    return f"{_percent(low.value)}–{_percent(high.value)}"


def _days(period: Period) -> str:
    return f"{period.first.isoformat()} – {period.last.isoformat()}"
