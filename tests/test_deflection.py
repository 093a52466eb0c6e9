"""Which class a message gets, what to have ready, and what the route says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from fastapi.testclient import TestClient
from read_fixtures import SECRET, make_articles, make_searcher

from search_index.api import create_app
from search_index.deflection import ChecklistItem, checklist, classify, describe, emergency
from search_index.events import DeflectShown, Event, Searched, SecretBlocked
from search_index.live import LiveSearcher
from search_index.records import ArticleRecord, Excerpt, Hit, SearchResult
from search_index.settings import ResponseTargets, ServerSettings
from search_index.snapshot import IndexParts

ARTICLES = {article.article_id: article for article in make_articles() if article.lang == "zh"}
SMS, DEPOSIT, NETWORK, STOLEN, PHRASE, HOURS = ARTICLES.values()
TARGETS = ResponseTargets(
    response_general="30 min",
    response_technical={"zh": "1个工作日", "en": "1 working day"},
    response_urgent={"zh": "立即", "en": "at once"},
)


def found(
    *articles: ArticleRecord, urgent: ArticleRecord | None = None, answered: bool = True
) -> SearchResult:
    hits = tuple(Hit(i, 1.0, a, "", Excerpt(a.summary)) for i, a in enumerate(articles, 1))
    return SearchResult("mini", "zh", answered, 0.9, hits, urgent)


@pytest.fixture(scope="module")
def client(mini_snapshot: Path) -> Iterator[TestClient]:
    live = LiveSearcher(mini_snapshot.parent)
    live.open()
    app = create_app(live, ServerSettings(), targets=TARGETS)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_the_class_is_that_of_the_first_article() -> None:
    assert classify(found(DEPOSIT, SMS), "没到账") == "technical"
    assert classify(found(SMS, DEPOSIT), "验证码") == "general"
    assert classify(found(STOLEN, SMS), "被盗") == "urgent"


def test_the_urgency_lane_decides_only_when_the_hits_agree() -> None:
    assert classify(found(DEPOSIT, NETWORK, STOLEN, urgent=STOLEN), "x") == "urgent"
    assert classify(found(DEPOSIT, NETWORK, SMS, STOLEN, urgent=STOLEN), "x") == "technical"
    assert classify(found(urgent=STOLEN), "x") == "urgent"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("收款一直失败", "technical"),
        ("它顯示錯誤", "technical"),
        ("It keeps crashing", "technical"),
        ("你们在哪个国家", "general"),
        ("where are you based", "general"),
    ],
)
def test_where_no_article_answers_the_words_decide(text: str, expected: str) -> None:
    assert classify(found(STOLEN, answered=False), text) == expected
    assert classify(found(answered=False), text) == expected


@pytest.mark.parametrize("first", [SMS, DEPOSIT, STOLEN, HOURS])
@pytest.mark.parametrize("urgent", [None, STOLEN])
@pytest.mark.parametrize("answered", [True, False])
def test_a_case_is_urgent_exactly_when_there_is_an_emergency_article(
    first: ArticleRecord, urgent: ArticleRecord | None, answered: bool
) -> None:
    result = found(first, SMS, urgent=urgent, answered=answered)
    assert (classify(result, "x") == "urgent") == (emergency(result) is not None)


def test_an_urgent_case_is_asked_for_less_than_a_fault() -> None:
    account = replace(DEPOSIT, audience="exchange")
    assert checklist("general", account) == ("uid",)
    assert checklist("technical", account) == (
        *("uid", "txid", "network", "happened_at", "time_zone", "error"),
    )
    assert checklist("urgent", account) == ("uid", "happened_at", "time_zone")
    assert "order_number" in checklist("technical", replace(SMS, category="payments"))


def test_a_self_custody_wallet_has_no_uid() -> None:
    assert "uid" not in checklist("technical", replace(DEPOSIT, audience="self-custody"))
    assert checklist("general", None) == ("uid", "wallet_address")


@pytest.mark.parametrize("item", get_args(ChecklistItem))
def test_every_item_is_told_in_both_languages(item: ChecklistItem) -> None:
    assert describe(item, "zh") != describe(item, "en")


def test_the_route_gives_class_target_articles_and_what_to_have_ready(client: TestClient) -> None:
    body = {"subject": "充值", "body": "转账显示成功但没到账", "lang": "zh"}
    answer = client.post("/api/deflect", json=body).json()
    assert answer["class"] == "technical"
    assert answer["response_target"] == "1个工作日"
    assert answer["hits"][0]["article_id"] == "KB-0019"
    assert (answer["urgent"], answer["secret"]) == (None, None)
    assert {"id": "txid", "text": "交易哈希（TxID）"} in answer["checklist"]
    assert len(answer["query_id"]) == 32


def test_the_route_answers_in_the_language_asked_for(client: TestClient) -> None:
    answer = client.post("/api/deflect", json={"body": "钱包被盗了怎么办", "lang": "en"}).json()
    assert (answer["class"], answer["response_target"]) == ("urgent", "at once")
    assert answer["urgent"]["url"].startswith("/en/")
    assert answer["urgent"]["actions"]


@pytest.mark.parametrize("where", ["subject", "body"])
def test_a_secret_ends_everything(client: TestClient, where: str) -> None:
    body = {"body": "转账没到账", where: f"我的钱包 {SECRET} 打不开"}
    response = client.post("/api/deflect", json=body)
    answer = response.json()
    assert answer["secret"] == {"kind": "recovery_phrase"}
    assert (answer["class"], answer["hits"], answer["checklist"]) == (None, [], [])
    assert "sausage" not in response.text


def test_suggestions_are_remembered_and_of_a_secret_only_its_kind(mini_parts: IndexParts) -> None:
    remembered: list[Event] = []
    log = SimpleNamespace(append=remembered.append, available=True, waiting=0, dropped=0)
    live = SimpleNamespace(searcher=make_searcher(mini_parts))
    app = create_app(live, ServerSettings(), event_log=log)  # type: ignore[arg-type]
    session = {"X-Session": "5" * 32}
    with TestClient(app) as client:
        answer = client.post("/api/deflect", json={"body": "转账没到账"}, headers=session).json()
        client.post("/api/deflect", json={"body": "x", "subject": SECRET}, headers=session)
    searched, shown, blocked = remembered
    assert isinstance(searched, Searched)
    assert (searched.source, searched.query) == ("deflect", "转账没到账")
    assert isinstance(shown, DeflectShown)
    assert shown.query_id == searched.query_id == answer["query_id"]
    assert (shown.response_class, shown.hit_ids[0]) == (answer["class"], "KB-0019")
    assert isinstance(blocked, SecretBlocked)
    assert (blocked.kind, blocked.where) == ("recovery_phrase", "deflect")
    assert {event.session for event in remembered} == {"5" * 32}


def test_a_target_is_one_text_or_one_for_each_language() -> None:
    assert TARGETS.text("general", "en") == "30 min"
    assert TARGETS.text("technical", "en") == "1 working day"
    assert ResponseTargets().text("urgent", "zh") == ""
