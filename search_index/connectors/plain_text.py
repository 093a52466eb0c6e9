"""A ticket as plain text, for mail and for systems without fields of their own."""

from __future__ import annotations

from search_index.tickets import Ticket

_LABELS = {
    "zh": {
        "class": "类别",
        "email": "回复邮箱",
        "reply_uid": "回复UID",
        "uid": "UID",
        "txid": "交易哈希（TxID）",
        "network": "网络",
        "happened_at": "发生时间",
        "time_zone": "时区",
        "order_number": "订单号",
        "wallet_address": "钱包地址",
    },
    "en": {
        "class": "Class",
        "email": "Reply to",
        "reply_uid": "Reply to UID",
        "uid": "UID",
        "txid": "TxID",
        "network": "Network",
        "happened_at": "Happened at",
        "time_zone": "Time zone",
        "order_number": "Order number",
        "wallet_address": "Wallet address",
    },
}


def title_of(ticket: Ticket) -> str:
    """Return a subject line without a word of the user: such lines are quoted in replies."""
    return f"[{ticket.ticket_id}] {ticket.response_class} {ticket.lang}"


def text_of(ticket: Ticket) -> str:
    """Return the whole ticket, facts first."""
    labels = _LABELS[ticket.lang]
    facts = {
        "class": ticket.response_class,
        "email": ticket.email,
        "reply_uid": ticket.reply_uid,
        **ticket.fields,
    }
    lines = [title_of(ticket)]
    lines += [f"{labels[name]}: {value}" for name, value in facts.items() if value]
    lines += ["", *([ticket.subject, ""] if ticket.subject else []), ticket.body]
    return "\n".join(lines) + "\n"
