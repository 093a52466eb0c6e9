"""Sorts what somebody writes to support, and says what to have ready; pure.

It knows nothing of HTTP, of tickets and of how the search found its articles.
"""

from __future__ import annotations

import re
from typing import Literal, cast

from search_index.analyzer import normalise
from search_index.events import ResponseClass
from search_index.records import ArticleRecord, SearchResult

ChecklistItem = Literal[
    "uid", "wallet_address", "happened_at", "time_zone", "txid", "network", "order_number", "error"
]

_AGREEING_HITS = 3
"""Hits among which an emergency article must be for the urgency lane to decide the class.

Measured on the development queries against the class of the right article
(benchmarks/deflection.py): the lane alone finds 171 of 177 urgent ones and calls 91 others urgent,
with agreement it is 170 and 33; accuracy .884 and .938.
"""

_FAULT = re.compile(
    r"失败|没到|没收到|收不到|未到|不到账|未入账|报错|错误|出错|异常|打不开|闪退|卡住|卡在|一直"
    r"|不显示|不成功|不了|无法|扣了|审核中|处理中|不见"
    r"|fail|error|stuck|pending|missing|reject|declin|cannot|can't|won't|invalid|incorrect|crash"
    r"|not (?:arriv|show|receiv|work|credit)|never (?:arriv|came)"
)
"""Words of a fault, in normalised text; they decide only where no article does: with one, they
make the class worse (one point and a half of accuracy)."""

_BY_CATEGORY: dict[str, tuple[ChecklistItem, ...]] = {
    "transfers": ("txid", "network"),
    "trading": ("order_number",),
    "payments": ("order_number",),
}

_TEXTS: dict[ChecklistItem, dict[str, str]] = {
    "uid": {
        "zh": "您的UID（App：账户 > 个人资料）",
        "en": "Your UID (in the app: Account > Profile)",
    },
    "wallet_address": {
        "zh": "自托管钱包：您的钱包地址",
        "en": "Self-custody wallet: your wallet address",
    },
    "happened_at": {"zh": "什么时候发生的，写明时区", "en": "When it happened, with the time zone"},
    "time_zone": {"zh": "您所在的时区", "en": "Your time zone"},
    "txid": {"zh": "交易哈希（TxID）", "en": "The transaction hash (TxID)"},
    "network": {
        "zh": "币种和网络，例如USDT、TRC20",
        "en": "Coin and network, such as USDT on TRC-20",
    },
    "order_number": {"zh": "订单号", "en": "The order number"},
    "error": {
        "zh": "报错原文；截图请遮住余额和证件号",
        "en": "The exact error message; hide balances and document numbers in screenshots",
    },
}


def emergency(result: SearchResult) -> ArticleRecord | None:
    """Return the emergency article that belongs above everything, or None.

    It is that of the urgency lane when the hits agree, else the first hit when that is one.
    """
    leading = [hit.article for hit in result.hits[:_AGREEING_HITS]]
    if result.urgent and (not leading or any(a.urgency == "urgent" for a in leading)):
        return result.urgent
    if result.answered and leading and leading[0].urgency == "urgent":
        return leading[0]
    return None


def classify(result: SearchResult, text: str) -> ResponseClass:
    """Return the class of response for a message.

    Args:
        result: what the search found for ``text``.
        text: the message as typed.

    Returns:
        ``urgent`` exactly when `emergency` has an article; else the class of the first article;
        where none answers, ``technical`` for words of a fault and ``general`` otherwise.
    """
    if emergency(result):
        return "urgent"
    if result.answered and result.hits and result.hits[0].article.urgency != "urgent":
        return cast(ResponseClass, result.hits[0].article.urgency)
    return "technical" if _FAULT.search(normalise(text)) else "general"


def checklist(
    response_class: ResponseClass, article: ArticleRecord | None
) -> tuple[ChecklistItem, ...]:
    """Return what to have ready, in the order in which a form asks for it.

    Args:
        response_class: an urgent case is asked for least: there is no time.
        article: what the message is most likely about.
    """
    who = _account(article)
    if response_class == "general":
        return who
    when: tuple[ChecklistItem, ...] = ("happened_at", "time_zone")
    if response_class == "urgent":
        return (*who, *when)
    details = _BY_CATEGORY.get(article.category, ()) if article else ()
    return (*who, *details, *when, "error")


def _account(article: ArticleRecord | None) -> tuple[ChecklistItem, ...]:
    audience = article.audience if article else "all"
    if audience == "self-custody":
        return ("wallet_address",)
    return ("uid", "wallet_address") if audience == "all" else ("uid",)


def describe(item: ChecklistItem, lang: str) -> str:
    """Return what a person reads for ``item``."""
    return _TEXTS[item][lang]
