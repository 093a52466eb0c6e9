"""Checks the facts that somebody gives with a ticket, and says kindly what is expected; pure.

Nothing is required but a way to reply. It knows nothing of HTTP and of how tickets are kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from search_index.events import Lang
from search_index.secrets import redact

Problem = Callable[..., None]
"""Notes a problem: name of the field, and of the text if it is another one."""

FIELDS = ("uid", "txid", "network", "happened_at", "time_zone", "order_number", "wallet_address")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62}"
)
_HEX_HASH = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?[0-9A-Fa-f]{64}(?![0-9A-Za-z])")
_BASE58_HASH = re.compile(r"(?<![0-9A-Za-z])[1-9A-HJ-NP-Za-km-z]{86,88}(?![0-9A-Za-z])")
_EVM_HASH = re.compile(r"0x[0-9a-f]{64}")
_PLAIN_HASH = re.compile(r"[0-9a-f]{64}")
_ORDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,63}")
_ADDRESS = re.compile(r"[A-Za-z0-9:_.-]{6,128}")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:?\d{2})?")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_ZONE = re.compile(r"UTC|GMT|[A-Za-z_]{2,20}(?:/[A-Za-z0-9_+-]{1,20}){1,2}", re.IGNORECASE)
_ZONE_NAMES = {"北京时间": "Asia/Shanghai", "中国时间": "Asia/Shanghai"}

# Name of a network, in small letters and digits, to the form of its transaction hashes.
_EVM = (
    *("ethereum", "eth", "erc20", "bsc", "bnb", "bep20", "polygon", "pol", "matic", "arbitrum"),
    *("arb", "optimism", "op", "base", "avalanche", "avax", "avaxc", "linea", "zksync", "evm"),
)
_FORMS = {
    **dict.fromkeys(_EVM, "evm"),
    **dict.fromkeys(("tron", "trc20", "trx", "波场"), "plain"),
    **dict.fromkeys(("bitcoin", "btc", "litecoin", "ltc", "dogecoin", "doge"), "plain"),
    **dict.fromkeys(("solana", "sol", "spl"), "base58"),
    **dict.fromkeys(("以太坊",), "evm"),
}

_TEXTS: dict[str, dict[Lang, tuple[str, str]]] = {
    "body": {
        "zh": ("还没有写发生了什么。", "写一两句就可以，例如：昨天提币，到现在没到账。"),
        "en": (
            "The description is missing.",
            "One or two sentences will do, such as: I withdrew yesterday and nothing has arrived.",
        ),
    },
    "contact": {
        "zh": (
            "还不知道怎么回复您。",
            "请填写邮箱，例如name@example.com；或填写UID，在App内回复。",
        ),
        "en": (
            "There is no way to reply to you yet.",
            "Give an e-mail address, such as name@example.com, or your UID for a reply in the app.",
        ),
    },
    "contact.email": {
        "zh": ("这个邮箱地址不完整，或者有打错的字符。", "请核对，例如name@example.com。"),
        "en": (
            "This e-mail address is incomplete or mistyped.",
            "Compare it with this form: name@example.com.",
        ),
    },
    "uid": {
        "zh": ("这不像UID。", "请从App的个人资料复制，例如{uid_example}；没有就留空。"),
        "en": (
            "This does not look like a UID.",
            "Copy it from your profile in the app, such as {uid_example}; or leave it empty.",
        ),
    },
    "txid.evm": {
        "zh": (
            "这个网络的TxID是0x加64位数字和字母a–f。",
            "请在转账详情里点“复制”，不要手抄；也可以贴区块浏览器的链接。没有就留空。",
        ),
        "en": (
            "A TxID of this network is 0x and 64 digits and letters a–f.",
            "Use the copy button of the transfer, or paste the block explorer's link. "
            "Leave it empty if you have none.",
        ),
    },
    "txid.plain": {
        "zh": (
            "这个网络的TxID是64位数字和字母a–f，前面没有0x。",
            "请在转账详情里点“复制”，不要手抄；也可以贴区块浏览器的链接。没有就留空。",
        ),
        "en": (
            "A TxID of this network is 64 digits and letters a–f, without 0x.",
            "Use the copy button of the transfer, or paste the block explorer's link. "
            "Leave it empty if you have none.",
        ),
    },
    "txid.base58": {
        "zh": (
            "Solana的TxID（签名）是86到88位的字母和数字。",
            "请在转账详情里点“复制”，不要手抄；也可以贴区块浏览器的链接。没有就留空。",
        ),
        "en": (
            "A TxID (signature) on Solana is 86 to 88 letters and digits.",
            "Use the copy button of the transfer, or paste the block explorer's link. "
            "Leave it empty if you have none.",
        ),
    },
    "txid": {
        "zh": (
            "这不像TxID。TxID是64位数字和字母a–f，有的前面有0x；Solana是86到88位。",
            "请在转账详情里点“复制”，不要手抄；也可以贴区块浏览器的链接。没有就留空。",
        ),
        "en": (
            "This does not look like a TxID: 64 digits and letters a–f, on some networks after 0x; "
            "86 to 88 characters on Solana.",
            "Use the copy button of the transfer, or paste the block explorer's link. "
            "Leave it empty if you have none.",
        ),
    },
    "happened_at": {
        "zh": ("看不出这是什么时间。", "请写成2026-11-21 14:30；记不清就写大概的时间，或者留空。"),
        "en": (
            "This cannot be read as a time.",
            "Write it like 2026-11-21 14:30. A rough time will do, or leave it empty.",
        ),
    },
    "time_zone": {
        "zh": ("还不知道这是哪个时区的时间。", "请填写时区，例如UTC+8、北京时间或Asia/Shanghai。"),
        "en": (
            "It is not clear which time zone the time is in.",
            "Give the zone, such as UTC+8 or Europe/London.",
        ),
    },
    "order_number": {
        "zh": ("这不像订单号。", "订单号由字母和数字组成，例如P2P-20261121-0042；没有就留空。"),
        "en": (
            "This does not look like an order number.",
            "It is made of letters and digits, such as P2P-20261121-0042; or leave it empty.",
        ),
    },
    "wallet_address": {
        "zh": (
            "这不像钱包地址。",
            "请复制收款地址，不是私钥；交易哈希请填在TxID一栏。没有就留空。",
        ),
        "en": (
            "This does not look like a wallet address.",
            "Copy the receiving address, never a private key. A transaction hash belongs into the "
            "field TxID. Leave it empty if you have none.",
        ),
    },
    "network": {
        "zh": ("这不像网络的名字。", "例如TRC20、ERC20或Solana；没有就留空。"),
        "en": (
            "This does not look like the name of a network.",
            "Such as TRC20, ERC20 or Solana; or leave it empty.",
        ),
    },
    "personal": {
        "zh": ("这里好像是银行卡号、证件号或电话。", "请不要填写这些；必要时只写后4位。"),
        "en": (
            "This looks like the number of a card, a document or a phone.",
            "Please leave it out; if needed, give the last 4 digits only.",
        ),
    },
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field, in the language of the ticket; repeats nothing of it."""

    field: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class UidRule:
    """What account numbers look like here; the operator's."""

    pattern: str = "[0-9]{4,20}"
    example: str = "12345678"


@dataclass(frozen=True, slots=True)
class CheckedFields:
    """Facts in the form in which they are stored, and the problems of the others."""

    email: str | None
    reply_uid: str | None
    fields: Mapping[str, str]
    problems: tuple[FieldProblem, ...]


def clean(text: str) -> str:
    """Return ``text`` without control characters, with line feeds alone, and without margins."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def check_fields(
    email: str,
    reply_uid: str,
    fields: Mapping[str, str],
    *,
    lang: Lang,
    uid_rule: UidRule | None = None,
) -> CheckedFields:
    """Check the way to reply and all of `FIELDS` that are given; "" is not given.

    The UID among the facts is also a way to reply.
    """
    rule = uid_rule or UidRule()
    problems: list[FieldProblem] = []

    def problem(field: str, text: str | None = None) -> None:
        message, remedy = _TEXTS[text or field][lang]
        remedy = remedy.replace("{uid_example}", rule.example)
        path = f"fields.{field}" if field in FIELDS else field
        problems.append(FieldProblem(path, message, remedy))

    email = _one_line(email)
    if email and not (_EMAIL.fullmatch(email) and len(email) <= 254 and ".." not in email):
        problem("contact.email")
    given = {name: _one_line(fields.get(name, "")) for name in FIELDS}
    given = {name: value for name, value in given.items() if value}
    reply_uid = _one_line(reply_uid) or given.get("uid", "")
    if not email and not reply_uid:
        problem("contact")
    for name, value in (("uid", given.get("uid", "")), ("contact.uid", reply_uid)):
        if value and not re.fullmatch(rule.pattern, value):
            problem(name, "uid")
            break
    _check_transfer(given, problem)
    _check_time(given, problem)
    if "order_number" in given and not _ORDER.fullmatch(given["order_number"]):
        problem("order_number")
    for name in ("network", "order_number"):
        if name in given and redact(given[name]) != given[name]:
            problem(name, "personal")
    return CheckedFields(email or None, reply_uid or None, given, tuple(problems))


def problem_with_body(lang: Lang) -> FieldProblem:
    """Return what to say when there is no description."""
    return FieldProblem("body", *_TEXTS["body"][lang])


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", clean(text)).split())


def _check_transfer(given: dict[str, str], problem: Problem) -> None:
    network = given.get("network", "")
    if len(network) > 40:
        problem("network")
    words = re.findall(r"[a-z0-9]+|[一-鿿]+", network.lower().replace("-", ""))
    forms = {_FORMS[word] for word in words if word in _FORMS}
    form = forms.pop() if len(forms) == 1 else None
    if "txid" in given:
        found = _transaction_hash(given["txid"], form)
        if found is None:
            problem("txid", f"txid.{form}" if form else None)
        else:
            given["txid"] = found
    address = given.get("wallet_address", "")
    # 64 hex digits may be a private key: nothing that might be one is stored as an address.
    if address and (not _ADDRESS.fullmatch(address) or redact(address) != address):
        problem("wallet_address")


def _transaction_hash(text: str, form: str | None) -> str | None:
    """Return the hash in ``text``, which may be an explorer's link, if it fits the network."""
    match = _HEX_HASH.search(text)
    if match:
        found = match.group().lower()
        fits = {
            "evm": _EVM_HASH.fullmatch(found),
            "plain": _PLAIN_HASH.fullmatch(found),
            None: found,
        }
        return found if fits.get(form) else None
    match = _BASE58_HASH.search(text)
    return match.group() if match and form in (None, "base58") else None


def _check_time(given: dict[str, str], problem: Problem) -> None:
    has_offset = False
    if "happened_at" in given:
        match = _MOMENT.fullmatch(given["happened_at"])
        try:
            moment = f"{match[1]}T{match[2]}{match[3] or ''}" if match else ""
            datetime.fromisoformat(moment)
        except ValueError:
            problem("happened_at")
            return
        given["happened_at"] = moment
        has_offset = bool(match and match[3])
    if "time_zone" in given:
        zone = _time_zone(given["time_zone"])
        if zone is None:
            problem("time_zone")
        else:
            given["time_zone"] = zone
    elif "happened_at" in given and not has_offset:
        problem("time_zone")


def _time_zone(text: str) -> str | None:
    """Return a zone's name as it is stored; whether there is such a place is not looked up."""
    text = _ZONE_NAMES.get(text, text)
    offset = _OFFSET.fullmatch(text.replace(" ", ""))
    if offset and int(offset[2]) <= 14:
        minutes = f":{offset[3]}" if offset[3] and offset[3] != "00" else ""
        return f"UTC{offset[1]}{int(offset[2])}{minutes}"
    return text if _ZONE.fullmatch(text) else None
