"""Fills a database with a made-up year of events, to try and to measure `kb report`.

    .venv/bin/python tools/simulate_events.py --database sqlite:////tmp/year.sqlite
    KB_DATABASE_URL=sqlite:////tmp/year.sqlite kb report --from 2025-11-22

Questions are the articles' own, in shares that fall off as real ones do, and those of `PLANTED`:
subjects without an article, which a good report names first. What a search finds is what the live
snapshot finds; what people do then is drawn at random. Same seed, same events.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from search_index.analyzer import detect_language
from search_index.database import open_database
from search_index.event_log import EventLog
from search_index.events import (
    ArticleRated,
    ContactOpened,
    DeflectShown,
    Event,
    HitOpened,
    Lang,
    NotFound,
    ResponseClass,
    Searched,
    SearchSource,
    SecretBlocked,
    Solved,
    StillNeedHelp,
    TicketSubmitted,
)
from search_index.records import Query, SearchResult
from search_index.searcher import Searcher
from search_index.settings import PrivacySettings
from search_index.snapshot import current_folder, open_snapshot

ROOT = Path(__file__).parents[1]
ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 365
_BATCH = 5000

PLANTED: dict[str, tuple[str, ...]] = {
    "copy trading": (
        *("怎么跟单", "跟单怎么开通", "带单员怎么申请", "跟单亏了能退吗", "怎么取消跟单"),
        *("跟单分成是多少", "跟单为什么没有跟上", "想跟着高手一起买可以吗"),
        *("how does copy trading work", "stop copying a trader", "copy trading profit share"),
        *("become a lead trader", "copy trade not executed"),
    ),
    "API keys": (
        *("API密钥怎么创建", "api key 在哪里申请", "API 接口权限怎么设置", "API绑定IP白名单"),
        *("量化机器人怎么接API", "api签名错误", "怎么删除API key"),
        *("create api key", "api key permissions", "bind ip to api key", "invalid api signature"),
        *("connect trading bot by api",),
    ),
    "inheritance": (
        *("家人去世了账户里的币怎么继承", "遗产怎么提取", "父亲过世 账户怎么办"),
        *("继承数字资产需要什么材料", "怎么设置紧急联系人继承", "亲人去世怎么拿回他账户的钱"),
        *("死亡证明 提取资产", "account holder died how to inherit"),
        *("inherit crypto from deceased father", "next of kin claim account"),
        *("death certificate to access account", "what happens to my coins when i die"),
    ),
    "futures": (
        *("合约爆仓了怎么算", "强平价格怎么计算", "合约保证金不足", "爆仓后还要补钱吗"),
        *("资金费率什么时候扣", "杠杆倍数怎么调", "合约止损没有触发"),
        *("why was my position liquidated", "liquidation price formula"),
        *("funding rate when charged", "change leverage on futures"),
        *("stop loss did not trigger futures",),
    ),
    "launchpad": (
        *("新币申购怎么参加", "launchpad 怎么认购", "打新中签了在哪看", "申购的币什么时候发"),
        *("launchpool 怎么质押挖新币", "新币认购额度怎么算", "how to join launchpad"),
        *("launchpad subscription result", "when are launchpad tokens distributed"),
        *("launchpool staking new token", "launchpad token sale allocation"),
    ),
    "crypto card": (
        *("怎么申请U卡", "实体卡多久寄到", "加密借记卡年费多少", "U卡在国外能刷吗"),
        *("虚拟卡开卡失败", "卡丢了怎么挂失实体卡", "U卡绑定微信支付"),
        *("order the crypto debit card", "crypto card delivery time", "crypto card fees abroad"),
        *("virtual card activation failed", "report lost crypto debit card"),
    ),
    "referral": (
        *("邀请返佣没到账", "怎么看邀请奖励", "推荐好友有多少返佣", "返佣比例怎么提高"),
        *("邀请链接在哪里", "好友注册了没有算我的邀请", "referral commission not paid"),
        *("where is my referral link", "invite friends bonus", "referral rate"),
        *("friend signed up without my referral code",),
    ),
}
"""Subject → wordings; no article is about any of them. The first are asked most."""

_PLANTED_SHARE = 0.07
_OFF_TOPIC_SHARE = 0.01
_HOURS = (5, 3, 2, 1, 1, 2, 4, 7, 11, 15, 17, 16, 13, 14, 16, 17, 16, 15, 14, 17, 20, 21, 17, 10)
_WEEKDAYS = (1.1, 1.05, 1.0, 1.0, 1.05, 0.85, 0.8)
_GROWTH = 1.7
"""Busier at the end of the year than at its beginning."""
_INCIDENT_DAY = 41
"""Days before the last: deposits were late, and everybody asked the same."""
_INCIDENT = ("充值没到账", "deposit not credited", "为什么充值一直不到账", "充币两个小时了没到")
_INCIDENT_LOAD = 6.0
_BAD_ARTICLES = {"KB-0012": "outdated", "KB-0061": "unclear", "KB-0028": "did_not_work"}
_COMMENTS = {
    "outdated": ("界面和现在的App不一样了", "The menu named here is gone in the new version"),
    "unclear": ("第三步看不懂，有图就好了", "I do not understand step 3"),
    "did_not_work": ("照着做还是不行，电话 13812345678", "Did all steps, still the same"),
    "not_my_case": ("我用的是硬件钱包", "I have the desktop app"),
    "missing": ("没有说要多久", "No word on fees"),
    "other": ("太长了", "too long"),
}
_OFF_TOPIC = ROOT / "kb_build" / "data" / "off_topic.txt"
_BEFORE = ("请问", "急！", "你好，", "各位大神")
_AFTER = ("？", "啊", "，在线等", " 谢谢", "???", " please")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a session is about: its wordings in each language, the most used first."""

    wordings: dict[Lang, list[str]]
    planted: bool = False


@dataclass(slots=True)
class Session:
    """One tab: makes events, each some seconds after the last."""

    rng: random.Random
    at_ms: int
    lang: Lang
    id: str
    events: list[Event] = field(default_factory=list)

    def wait(self, least_s: float, most_s: float) -> int:
        """Return the time after a pause."""
        self.at_ms += round(1000 * self.rng.uniform(least_s, most_s))
        return self.at_ms


class Year:
    """Makes sessions over a year that ends with ``last``."""

    def __init__(self, searcher: Searcher, seed: int, last: date) -> None:
        self._searcher = searcher
        self._rng = random.Random(seed)
        self._last = last
        self._found: dict[tuple[str, Lang], SearchResult] = {}
        self._subjects = _subjects_of_articles(searcher)
        self._rng.shuffle(self._subjects)
        self._planted = [
            Subject(_by_language(wordings), planted=True) for wordings in PLANTED.values()
        ]
        self._weights = [1 / (rank + 4) for rank in range(len(self._subjects))]
        self._incident = Subject(_by_language(_INCIDENT))
        lines = _OFF_TOPIC.read_text("utf-8").splitlines()
        self._off_topic = Subject(_by_language([t for t in lines if t and t[0] != "#"]))

    def events(self, number: int) -> list[Event]:
        """Return ``number`` events, by time."""
        made: list[Event] = []
        starts = self._starts()
        while len(made) < number:
            at_ms, incident = next(starts)
            made += self._session(at_ms, incident)
        made = sorted(made[:number], key=lambda event: event.at_ms)
        return made

    def _starts(self) -> Iterator[tuple[int, bool]]:
        days = range(DAYS)
        weights = [
            (1 + (_GROWTH - 1) * day / DAYS)
            * _WEEKDAYS[self._day(day).weekday()]
            * (_INCIDENT_LOAD if day == DAYS - 1 - _INCIDENT_DAY else 1)
            for day in days
        ]
        while True:
            (day,) = self._rng.choices(days, weights)
            (hour,) = self._rng.choices(range(24), _HOURS)
            midnight = datetime.combine(self._day(day), time(), ZONE)
            at_s = midnight.timestamp() + 3600 * (hour + self._rng.random())
            incident = day == DAYS - 1 - _INCIDENT_DAY and self._rng.random() < 0.75
            yield round(1000 * at_s), incident

    def _day(self, number: int) -> date:
        return self._last - timedelta(days=DAYS - 1 - number)

    def _session(self, at_ms: int, incident: bool) -> list[Event]:
        rng = self._rng
        lang: Lang = "zh" if rng.random() < 0.78 else "en"
        session = Session(rng, at_ms, lang, f"{rng.getrandbits(128):032x}")
        subject = self._subject(incident)
        if rng.random() < 0.002:
            kind = rng.choice(("recovery_phrase", "recovery_phrase", "private_key", "totp_secret"))
            where = rng.choice(("browser", "browser", "browser", "search", "ticket"))
            session.events.append(
                SecretBlocked(at_ms=session.wait(3, 20), session=session.id, kind=kind, where=where)
            )
            return session.events
        if rng.random() < 0.93:
            self._search(session, subject)
        else:
            self._contact(session, subject)
        return session.events

    def _subject(self, incident: bool) -> Subject:
        if incident:
            return self._incident
        kind = self._rng.random()
        if kind < _PLANTED_SHARE:
            return self._rng.choices(self._planted, range(2 * len(self._planted), 0, -2))[0]
        if kind < _PLANTED_SHARE + _OFF_TOPIC_SHARE:
            return self._off_topic
        return self._rng.choices(self._subjects, self._weights)[0]

    def _search(self, session: Session, subject: Subject, tries: int = 3) -> None:
        rng = self._rng
        text = self._wording(session, subject)
        if rng.random() < 0.35 and len(text) > 4:  # the box searches while somebody types
            self._ask(session, text[: len(text) // 2])
        query_id, found = self._ask(session, text)
        helps = found.answered and not subject.planted
        if found.urgent and rng.random() < 0.7:
            if rng.random() < 0.5:
                self._contact(session, subject)
        elif found.hits and rng.random() < (0.62 if helps else 0.12):
            self._open(session, query_id, found, helps)
            if not helps and rng.random() < 0.35:
                self._contact(session, subject)
        elif rng.random() < (0.04 if helps else 0.18):
            session.events.append(
                NotFound(at_ms=session.wait(3, 20), session=session.id, query_id=query_id)
            )
            if rng.random() < 0.5:
                self._contact(session, subject)
        elif tries > 1 and rng.random() < (0.2 if helps else 0.4):
            session.wait(8, 60)
            self._search(session, subject, tries - 1)
        elif rng.random() < (0.06 if helps else 0.3):
            self._contact(session, subject)

    def _ask(
        self, session: Session, text: str, source: SearchSource = "search"
    ) -> tuple[str, SearchResult]:
        query_id = f"{self._rng.getrandbits(128):032x}"
        found = self._answer(text, session.lang)
        session.events.append(
            Searched(
                at_ms=session.wait(0.5, 4),
                session=session.id,
                query_id=query_id,
                snapshot=found.snapshot,
                lang=session.lang,
                query=text,
                answered=found.answered,
                confidence=round(found.confidence, 3),
                hit_ids=tuple(hit.article.article_id for hit in found.hits),
                urgent_id=found.urgent.article_id if found.urgent else None,
                took_ms=round(self._rng.uniform(4, 15), 1),
                source=source,
            )
        )
        return query_id, found

    def _answer(self, text: str, lang: Lang) -> SearchResult:
        for extra in (*_BEFORE, *_AFTER):  # what is polite changes no answer
            text = text.removeprefix(extra).removesuffix(extra)
        if (text, lang) not in self._found:
            self._found[text, lang] = self._searcher.search(Query(text, lang))
        return self._found[text, lang]

    def _open(self, session: Session, query_id: str, found: SearchResult, helps: bool) -> None:
        rng = self._rng
        rank = min(len(found.hits), rng.choices((1, 2, 3), (8, 2, 1))[0])
        article = found.hits[rank - 1].article
        session.events.append(
            HitOpened(
                at_ms=session.wait(2, 20),
                session=session.id,
                query_id=query_id,
                article_id=article.article_id,
                rank=rank,
            )
        )
        if rng.random() < 0.09:
            fault = _BAD_ARTICLES.get(article.article_id)
            helpful = helps and rng.random() < (0.25 if fault else 0.86)
            reason = None if helpful else fault or rng.choice(sorted(_COMMENTS))
            comment = reason and rng.random() < 0.3 and _COMMENTS[reason][session.lang == "en"]
            session.events.append(
                ArticleRated(
                    at_ms=session.wait(30, 240),
                    session=session.id,
                    article_id=article.article_id,
                    lang=session.lang,
                    helpful=helpful,
                    reason=reason,  # type: ignore[arg-type]
                    comment=comment or None,
                )
            )
        if helps and rng.random() < 0.07:
            session.events.append(
                Solved(
                    at_ms=session.wait(5, 60),
                    session=session.id,
                    query_id=query_id,
                    article_id=article.article_id,
                )
            )

    def _contact(self, session: Session, subject: Subject) -> None:
        rng, tab = self._rng, session.id
        session.events.append(
            ContactOpened(at_ms=session.wait(5, 40), session=tab, lang=session.lang)
        )
        if rng.random() < 0.12:
            return
        query_id, found = self._ask(session, self._wording(session, subject), "deflect")
        shown = tuple(hit.article.article_id for hit in found.hits[:3] if found.answered)
        response_class: ResponseClass = "general"
        if found.urgent:
            response_class = "urgent"
        elif found.hits and found.hits[0].article.urgency == "technical":
            response_class = "technical"
        session.events.append(
            DeflectShown(
                at_ms=session.wait(0.1, 0.3),
                session=tab,
                query_id=query_id,
                response_class=response_class,
                hit_ids=shown,
                lang=session.lang,
            )
        )
        helps = bool(shown) and not subject.planted and not found.urgent
        opened = bool(shown) and rng.random() < 0.4
        if opened:
            self._open(session, query_id, found, helps=False)
        fate = rng.random()
        if helps and fate < (0.3 if opened else 0.04):
            session.events.append(
                Solved(at_ms=session.wait(20, 200), session=tab, query_id=query_id)
            )
            return
        if rng.random() < 0.3:
            session.events.append(
                StillNeedHelp(at_ms=session.wait(5, 60), session=tab, query_id=query_id)
            )
        if rng.random() < (0.85 if found.urgent else 0.6):
            session.events.append(
                TicketSubmitted(
                    at_ms=session.wait(40, 400),
                    session=tab,
                    ticket_id=f"T-{rng.getrandbits(40):010X}",
                    response_class=response_class,
                    query_id=query_id,
                    lang=session.lang,
                )
            )

    def _wording(self, session: Session, subject: Subject) -> str:
        wordings = subject.wordings.get(session.lang) or next(iter(subject.wordings.values()))
        flat = 2 if subject is not self._off_topic else len(wordings)
        (text,) = self._rng.choices(wordings, [1 / (n + flat) for n in range(len(wordings))])
        extra = self._rng.random()
        if extra < 0.04:
            text = self._rng.choice(_BEFORE) + text
        elif extra < 0.12:
            text += self._rng.choice(_AFTER)
        return text


def _subjects_of_articles(searcher: Searcher) -> list[Subject]:
    """Return one subject an article: its questions, and a few of its further phrasings."""
    texts: dict[str, list[str]] = {article_id: [] for article_id in searcher.article_ids}
    for passage in searcher.parts.passages:
        own = texts[passage.article_id]
        if passage.kind == "question" or (passage.kind == "phrasing" and len(own) < 24):
            own.append(passage.text)
    return [Subject(_by_language(own)) for own in texts.values() if own]


def _by_language(wordings: Sequence[str]) -> dict[Lang, list[str]]:
    sorted_out: dict[Lang, list[str]] = {}
    for text in wordings:
        lang: Lang = "zh" if detect_language(text) == "zh" else "en"
        sorted_out.setdefault(lang, []).append(text)
    return sorted_out


def main() -> None:
    """Read the arguments, make the events and store them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--database", required=True, help="URL; events are added to what is there")
    parser.add_argument("--last", type=date.fromisoformat, default=date(2026, 11, 21),
                        help="last day of the year")  # fmt: skip
    parser.add_argument("--snapshots", type=Path, default=ROOT / "build" / "snapshots")
    arguments = parser.parse_args()
    searcher = Searcher.of(open_snapshot(current_folder(arguments.snapshots)))
    events = Year(searcher, arguments.seed, arguments.last).events(arguments.events)
    database = open_database(arguments.database)
    database.create_tables()
    log = EventLog(database, PrivacySettings())
    for start in range(0, len(events), _BATCH):
        log.store(events[start : start + _BATCH])
    database.close()
    print(f"{len(events)} events stored, {events[0].at_ms} to {events[-1].at_ms}")


if __name__ == "__main__":
    main()
