"""Tickets without JavaScript: the receipt, and the form again with what must be mended.

Whole pages with a style of their own, so that they show also where the site is served elsewhere.
They hold no script, and their policy forbids any.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from string import Template

from search_index.events import Lang, ResponseClass
from search_index.ticket_desk import BODY_LENGTH, FIELD_LENGTH, SUBJECT_LENGTH
from search_index.ticket_fields import FieldProblem

_STYLE = """
:root{color-scheme:light dark;--page:#f4f7f6;--card:#fff;--ink:#13262c;--soft:#4d6067;
--line:#d3dddb;--brand:#0b5459;--on:#fff;--bad:#a3160f;--badsoft:#fdf0ee}
@media(prefers-color-scheme:dark){:root{--page:#0f181b;--card:#172327;--ink:#e5edec;--soft:#a6b6b8;
--line:#2d3d42;--brand:#83d3cb;--on:#06282b;--bad:#ffa79d;--badsoft:#341b1b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.65 -apple-system,"PingFang SC",
"Microsoft YaHei","Noto Sans CJK SC","Segoe UI",system-ui,sans-serif}
main{max-width:40rem;margin:0 auto;padding:2rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 1rem}
h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
a{color:var(--brand)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem}
.card>:first-child{margin-top:0}
.card>:last-child{margin-bottom:0}
.number{font:600 1.7rem/1.3 ui-monospace,Consolas,monospace;letter-spacing:.04em;margin:.1rem 0}
.soft{color:var(--soft)}
.bad{border-color:var(--bad);background:var(--badsoft);margin-bottom:1.25rem}
.bad h2{color:var(--bad)}
.bad li a{color:inherit}
label{display:block;font-weight:600;margin-top:1rem}
.hint{color:var(--soft);font-size:.9rem}
.error{color:var(--bad);font-size:.95rem;margin:.15rem 0}
input,textarea{width:100%;font:inherit;color:inherit;background:var(--page);margin-top:.25rem;
border:1px solid var(--soft);border-radius:.5rem;padding:.6rem .7rem;min-height:2.75rem}
textarea{min-height:10rem}
[aria-invalid]{border:2px solid var(--bad)}
button{font:inherit;font-weight:600;background:var(--brand);color:var(--on);border:0;
border-radius:.5rem;padding:.7rem 1.4rem;min-height:2.75rem;margin-top:1.5rem;cursor:pointer}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
""".strip()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "Cache-Control": "no-store",
}
"""Of all pages made here."""

_PAGE = Template(
    '<!doctype html>\n<html lang="$html_lang">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="robots" content="noindex">\n<title>$title</title>\n<style>$style</style>\n'
    "</head>\n<body>\n<main>\n$content\n</main>\n</body>\n</html>\n"
)

_TEXTS: dict[Lang, dict[str, str]] = {
    "zh": {
        "colon": "：",
        "between": "",
        "what": "发生了什么",
        "received": "已收到，我们会联系您",
        "number": "工单号",
        "keep": "请保存这个号码，查进度、补充情况都要用到。",
        "class": "类别",
        "target": "首次响应目标",
        "next": "接下来",
        "never": "谨防冒充",
        "never_text": (
            "我们不会主动私信或打电话给您，也绝不会索要助记词、私钥、密码、验证码，"
            "不会要求屏幕共享或远程控制。主动找来的“客服”都是冒充的。"
        ),
        "back": "返回帮助中心",
        "mend": "还差一点",
        "mend_text": "您写的内容都在下面，改好后再提交一次。",
        "form": "联系客服",
        "ask_never": "不要填写助记词、私钥、密码或验证码。客服永远不需要这些。",
        "send": "提交",
        "optional": "选填",
        "secret": "内容里有不能告诉任何人的东西",
        "secret_text": (
            "您写的内容里像是有助记词、私钥或验证器密钥。我们没有保存，也没有转发。"
            "请当作已经泄露处理：马上把资产转到新建的钱包。"
        ),
        "secret_link": "助记词或私钥泄露了怎么办",
        "again": "处理好以后，可以重新写一份，不要包含这些内容。",
        "away": "暂时收不了工单",
        "away_text": "是我们这边的故障，您写的内容还在下面。请几分钟后再提交，或者换一个联系渠道。",
        "reused": "这份表单已经提交过",
        "reused_text": "如果这是另一个问题，请再点一次“提交”，会作为新工单登记。",
        "channels": "全部联系渠道",
    },
    "en": {
        "colon": ": ",
        "between": " ",
        "what": "What happened",
        "received": "We have your ticket and will get back to you",
        "number": "Ticket number",
        "keep": "Keep this number: you need it to ask about progress or to add something.",
        "class": "Class",
        "target": "Target for the first response",
        "next": "What happens next",
        "never": "Beware of impostors",
        "never_text": (
            "We never message or call you first, and never ask for a recovery phrase, private key, "
            "password or code, nor for screen sharing or remote control. "
            '"Support" that comes to you is an impostor.'
        ),
        "back": "Back to the help centre",
        "mend": "Almost there",
        "mend_text": "All you wrote is below. Mend what is marked and send it again.",
        "form": "Contact support",
        "ask_never": (
            "Never write a recovery phrase, private key, password or code here. "
            "Support never needs them."
        ),
        "send": "Send",
        "optional": "optional",
        "secret": "Your message holds something nobody may see",
        "secret_text": (
            "It seems to hold a recovery phrase, a private key or an authenticator key. We did not "
            "store it or pass it on. Treat it as leaked: move your assets to a new wallet now."
        ),
        "secret_link": "My recovery phrase or private key has leaked",
        "again": "Then write to us again, without it.",
        "away": "We cannot take tickets at the moment",
        "away_text": (
            "The fault is ours, and what you wrote is still below. "
            "Send it again in a few minutes, or use another channel."
        ),
        "reused": "This form was sent before",
        "reused_text": "If this is another matter, send it once more; it becomes a new ticket.",
        "channels": "All ways to reach us",
    },
}
_CLASSES: dict[Lang, dict[ResponseClass, str]] = {
    "zh": {"urgent": "紧急问题", "technical": "技术故障", "general": "一般咨询"},
    "en": {"urgent": "Urgent", "technical": "Technical fault", "general": "General question"},
}
# Name of the input, length, path of the field in problems, then label and hint by language.
_INPUTS: tuple[tuple[str, int, str, dict[Lang, tuple[str, str]]], ...] = (
    ("email", 254, "contact.email", {"zh": ("回复邮箱", ""), "en": ("Reply e-mail", "")}),
    (
        "uid",
        FIELD_LENGTH,
        "fields.uid",
        {
            "zh": ("UID", "没有邮箱时，在App内回复到这个账户"),
            "en": ("UID", "Without an e-mail address we reply to this account in the app"),
        },
    ),
    (
        "txid",
        FIELD_LENGTH,
        "fields.txid",
        {
            "zh": ("交易哈希（TxID）", "转账问题请填"),
            "en": ("Transaction hash (TxID)", "For transfers"),
        },
    ),
    (
        "network",
        FIELD_LENGTH,
        "fields.network",
        {"zh": ("网络", "例如TRC20"), "en": ("Network", "Such as TRC20")},
    ),
    (
        "wallet_address",
        FIELD_LENGTH,
        "fields.wallet_address",
        {"zh": ("钱包地址", "收款地址，不是私钥"), "en": ("Wallet address", "Never a private key")},
    ),
    (
        "order_number",
        FIELD_LENGTH,
        "fields.order_number",
        {"zh": ("订单号", ""), "en": ("Order number", "")},
    ),
    (
        "happened_at",
        FIELD_LENGTH,
        "fields.happened_at",
        {
            "zh": ("发生时间", "例如2026-11-21 14:30"),
            "en": ("When it happened", "Such as 2026-11-21 14:30"),
        },
    ),
    (
        "time_zone",
        FIELD_LENGTH,
        "fields.time_zone",
        {"zh": ("时区", "例如UTC+8"), "en": ("Time zone", "Such as UTC+8 or Europe/London")},
    ),
)
_INPUT_OF = {
    **{path: name for name, _, path, _ in _INPUTS},
    "contact": "email",
    "contact.uid": "uid",
}
FORM_NAMES = ("subject", "body", *(name for name, _, _, _ in _INPUTS))
"""Inputs that a person fills in."""

# Pages lie at /api/tickets/…: from there, two up is the root of the site, wherever that is.
_HOME = {"zh": "../../", "en": "../../en/"}


def receipt_page(
    ticket_id: str,
    response_class: ResponseClass,
    target: str,
    next_steps: Sequence[str],
    lang: Lang,
) -> str:
    """Return the page that ends the journey: number, target time, what happens next."""
    t = _TEXTS[lang]
    facts = [f"<p>{t['class']}{t['colon']}<strong>{_CLASSES[lang][response_class]}</strong></p>"]
    if target:
        facts.append(f"<p>{t['target']}{t['colon']}<strong>{escape(target)}</strong></p>")
    steps = "".join(f"<li>{escape(step)}</li>" for step in next_steps)
    content = (
        f'<h1>{t["received"]}</h1>\n<section class="card">\n<p class="soft">{t["number"]}</p>\n'
        f'<p class="number">{escape(ticket_id)}</p>\n<p class="soft">{t["keep"]}</p>\n'
        f"{''.join(facts)}\n</section>\n<h2>{t['next']}</h2>\n<ol>{steps}</ol>\n"
        f"<h2>{t['never']}</h2>\n<p>{t['never_text']}</p>\n"
        f'<p><a href="{_HOME[lang]}">{t["back"]}</a></p>'
    )
    return _page(t["received"], content, lang)


def form_page(
    kind: str,
    values: Mapping[str, str],
    problems: Sequence[FieldProblem],
    key: str,
    lang: Lang,
) -> str:
    """Return the form with the person's own entries, and above it what is the matter.

    Args:
        kind: ``mend``, ``away`` or ``reused``.
        values: entries by `FORM_NAMES`, and ``query_id``; shown to nobody else.
        problems: marked at their inputs.
        key: idempotency key of the next attempt.
    """
    t = _TEXTS[lang]
    about: dict[str, FieldProblem] = {problem.field: problem for problem in problems}
    if "contact" in about:
        about["contact.email"] = about["contact"]
    if "contact.uid" in about:
        about.setdefault("fields.uid", about["contact.uid"])
    listed = "".join(
        f'<li><a href="#{_INPUT_OF.get(p.field, "body")}">{_sentence(p, lang)}</a></li>'
        for p in problems
    )
    channels = f'<p><a href="{_HOME[lang]}contact/">{t["channels"]}</a></p>'
    rows = [_text_area(values.get("body", ""), about.get("body"), lang)]
    rows += [
        _input(name, length, values.get(name, ""), about.get(path), labels[lang], lang)
        for name, length, path, labels in _INPUTS
    ]
    hidden = {
        "idempotency_key": key,
        "lang": lang,
        "subject": values.get("subject", "")[:SUBJECT_LENGTH],
        "query_id": values.get("query_id", ""),
    }
    rows += [
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in hidden.items()
        if value
    ]
    content = (
        f'<h1>{t["form"]}</h1>\n<section class="card bad" role="alert">\n<h2>{t[kind]}</h2>\n'
        f"<p>{t[kind + '_text']}</p>\n{f'<ul>{listed}</ul>' if listed else ''}\n"
        f"{'' if kind == 'mend' else channels}</section>\n"
        f'<form class="card" method="post" action="form">\n<p>{t["ask_never"]}</p>\n'
        + "\n".join(rows)
        + f'\n<button type="submit">{t["send"]}</button>\n</form>\n'
        + (channels if kind == "mend" else "")
    )
    return _page(t[kind], content, lang)


def secret_page(lang: Lang) -> str:
    """Return the warning after a secret was found; nothing of the entries comes back."""
    t = _TEXTS[lang]
    article = "../../a/KB-0094/" + ("en/" if lang == "en" else "")
    content = (
        f'<h1>{t["secret"]}</h1>\n<section class="card bad" role="alert">\n'
        f'<p>{t["secret_text"]}</p>\n<p><a href="{article}">{t["secret_link"]}</a></p>\n'
        f"<p>{t['again']}</p>\n</section>\n"
        f'<p><a href="{_HOME[lang]}contact/">{t["channels"]}</a></p>'
    )
    return _page(t["secret"], content, lang)


def _page(title: str, content: str, lang: Lang) -> str:
    return _PAGE.substitute(
        html_lang="zh-CN" if lang == "zh" else "en", title=title, style=_STYLE, content=content
    )


def _text_area(value: str, problem: FieldProblem | None, lang: Lang) -> str:
    marks, error = _marks("body", problem, lang)
    return (
        f'<label for="body">{_TEXTS[lang]["what"]}</label>{error}\n'
        f'<textarea id="body" name="body" maxlength="{BODY_LENGTH}"{marks}>\n'
        f"{escape(value[:BODY_LENGTH])}</textarea>"
    )


def _input(
    name: str,
    length: int,
    value: str,
    problem: FieldProblem | None,
    labels: tuple[str, str],
    lang: Lang,
) -> str:
    label, hint = labels
    marks, error = _marks(name, problem, lang)
    kind = "email" if name == "email" else "text"
    note = f' <span class="hint">({_TEXTS[lang]["optional"]})</span>'
    shown_hint = f'<span class="hint">{hint}</span>' if hint else ""
    return (
        f'<label for="{name}">{label}{"" if name == "email" else note}</label>{shown_hint}{error}\n'
        f'<input id="{name}" name="{name}" type="{kind}" maxlength="{length}"'
        f' value="{escape(value[:length])}"{marks}>'
    )


def _marks(name: str, problem: FieldProblem | None, lang: Lang) -> tuple[str, str]:
    """Return the attributes of an input and the line beside it."""
    if problem is None:
        return "", ""
    return (
        f' aria-invalid="true" aria-describedby="{name}-error"',
        f'<p class="error" id="{name}-error">{_sentence(problem, lang)}</p>',
    )


def _sentence(problem: FieldProblem, lang: Lang) -> str:
    return f"{escape(problem.message)}{_TEXTS[lang]['between']}{escape(problem.remedy)}"
