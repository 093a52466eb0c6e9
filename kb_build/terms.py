"""Finds words of the glossary other than the one that articles use; knows no article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb_build.glossary import TermGroup

# Groups whose words mean the same wherever they stand. Left out are those whose words also have
# another meaning (哈希值 of a file, 公链, 销户 at a bank, gas, transfer, approve), say something
# narrower (钓鱼链接, 假钱包, 在线客服), are a verb beside a noun (区块确认, freeze account) or are
# the law's word (虚拟货币).
GROUPS = {
    "zh": {
        "G002": "登录",
        "G005": "人脸识别",
        "G006": "验证码",
        "G011": "支付密码",
        "G015": "双重验证",
        "G016": "验证器",
        "G024": "自托管钱包",
        "G027": "助记词",
        "G030": "密语",
        "G031": "钱包密码",
        "G034": "派生路径",
        "G035": "观察钱包",
        "G038": "多签",
        "G040": "充币地址",
        "G041": "提币白名单",
        "G043": "可用余额",
        "G059": "区块浏览器",
        "G064": "矿工费",
        "G088": "取消授权",
        "G091": "假客服",
        "G103": "地址投毒",
        "G107": "共享屏幕",
        "G113": "限价单",
        "G119": "垃圾币",
        "G128": "付款码",
        "G129": "收款码",
        "G142": "截图",
        "G143": "UID",
    },
    "en": {
        "G005": "face verification",
        "G011": "payment password",
        "G014": "biometrics",
        "G024": "self-custody wallet",
        "G027": "recovery phrase",
        "G028": "private key",
        "G030": "passphrase",
        "G031": "wallet password",
        "G034": "derivation path",
        "G035": "watch-only wallet",
        "G038": "multisig",
        "G041": "withdrawal whitelist",
        "G058": "TxID",
        "G059": "block explorer",
        "G080": "minimum deposit",
        "G091": "fake support",
        "G103": "address poisoning",
    },
}
"""Language → id of the group → what it is about, for people; the words come from the glossary."""

# Where another word may stand: in brackets, as what people or menus say, as what something is
# also called (content/template.md, rule 4).
_ASIDE = {
    "zh": re.compile("（[^（）]*）|“[^“”]*”|「[^「」]*」|(?:[也又]叫|[也又俗]称)[^，。；]*"),
    "en": re.compile(
        r"\([^()]*\)|“[^“”]*”|\"[^\"]*\"|\b(?:call(?:s|ed)?|known as)\b[^,.;]*", re.IGNORECASE
    ),
}


@dataclass(frozen=True, slots=True)
class OtherTerm:
    """A word that the glossary knows under another head.

    Attributes:
        start: where it stands in the text, in characters.
        term: the word, in small letters.
        head: the word to write.
        group_id: group of the glossary.
    """

    start: int
    term: str
    head: str
    group_id: str


class TermFinder:
    """Finds words for which the glossary has another head.

    Args:
        glossary: all groups; those that are not in `GROUPS` are passed over.
    """

    def __init__(self, glossary: Iterable[TermGroup] = ()) -> None:
        groups = tuple(glossary)
        self._patterns = {
            lang: [
                (group.group_id, group.heads[lang], _pattern(group, lang))
                for group in groups
                if group.group_id in wanted
            ]
            for lang, wanted in GROUPS.items()
        }

    def find(self, text: str, lang: str) -> Iterator[OtherTerm]:
        """Yield the other words of ``text``, group by group."""
        text = _ASIDE[lang].sub(lambda match: " " * len(match[0]), text).lower()
        for group_id, head, pattern in self._patterns[lang]:
            for match in pattern.finditer(text):
                if match["other"]:
                    yield OtherTerm(match.start(), match["other"], head, group_id)


def _pattern(group: TermGroup, lang: str) -> re.Pattern[str]:
    """Return a pattern for lower-case text whose group ``other`` holds a word not the head."""
    head = group.heads[lang].lower()
    terms = {term.lower() for term in group.terms[lang]}
    others = sorted((t for t in terms if head not in t), key=lambda t: (-len(t), t))
    pattern = f"{re.escape(head)}|(?P<other>{'|'.join(map(re.escape, others)) or '(?!)'})"
    if lang == "en":
        pattern = rf"\b(?<!-)(?:{pattern})(?:e?s)?(?![\w-])"
    return re.compile(pattern)
