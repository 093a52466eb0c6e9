"""Written Cantonese to the words that articles use; knows nothing of scores.

People in Hong Kong and Guangdong type as they speak: 點解提唔到幣, 我啲錢唔見咗. Nearly every small
word differs from written Mandarin, so neither words nor vectors of an article come close. Keys are
Simplified, as `search_index.analyzer` has them after its conversion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORDS = {
    # questions
    "做咩": "为什么",
    "做乜嘢": "为什么",
    "做乜": "为什么",
    "乜嘢": "什么",
    "咩嘢": "什么",
    "乜": "什么",
    "咩": "什么",
    "喺边度": "在哪里",
    "喺边": "在哪里",
    "边度": "哪里",
    "几时": "什么时候",
    "几耐": "多久",
    "几多": "多少",
    "系咪": "是不是",
    "系唔系": "是不是",
    "得唔得": "行不行",
    "有冇得": "能不能",
    "有冇": "有没有",
    "啱唔啱": "对不对",
    # not
    "唔该": "请",
    "唔见咗": "不见了",
    "唔见左": "不见了",
    "唔记得": "忘记",
    "唔使": "不用",
    "唔好": "不要",
    "唔识": "不会",
    "唔": "不",
    "冇得": "不能",
    "冇晒": "全没了",
    "唔郁": "不动",
    "冇郁": "没动",
    "冇": "没有",
    # what happened
    "俾人呃": "被人骗",
    "畀人呃": "被人骗",
    "俾人": "被人",
    "畀人": "被人",
    "俾钱": "付钱",
    "畀钱": "付钱",
    "俾": "给",
    "畀": "给",
    "呃人": "骗人",
    "呃钱": "骗钱",
    "呃咗": "骗了",
    "走晒": "走光",
    "跌咗": "丢了",
    "攞返": "拿回",
    "拎返": "拿回",
    "攞": "拿",
    "拎": "拿",
    "睇": "看",
    "揾": "找",
    "揿": "按",
    "谂": "想",
    "搞掂": "搞定",
    "返嚟": "回来",
    "嚟": "来",
    "覆我": "回复我",
    "cap图": "截图",
    "影相": "拍照",
    "影咗": "拍了",
    "影低": "拍下",
    "抄低": "抄下",
    "写低": "写下",
    # things
    "银包": "钱包",
    "落单": "下单",
    "入咗数": "到账了",
    "入到数": "到账",
    "过咗数": "转账了",
    "差佬": "警察",
    # small words
    "人哋": "别人",
    "佢": "他",
    "哋": "们",
    "嘅": "的",
    "啲": "的",
    "咗": "了",
    "嘢": "东西",
    "喺度": "在",
    "喺": "在",
    "同埋": "和",
    "咁": "这么",
    "噉": "这样",
    "啱啱": "刚刚",
    "啱": "对",
    "而家": "现在",
    "依家": "现在",
    "琴日": "昨天",
    "寻日": "昨天",
    "琴晚": "昨晚",
    "寻晚": "昨晚",
    "听日": "明天",
    "即刻": "立刻",
    "稳阵": "安全",
    "无端端": "无缘无故",
    "㗎喇": "",
    "㗎": "",
    "啫": "",
}
_QUESTIONS = {"点解": "为什么", "点样": "怎样", "点算": "怎么办"}
_QUESTION = re.compile(
    r"(?<![一几早晚有差两网0-9])点(?:解(?![绑除锁冻析散码压密封决说释约])|样(?![式本品])|算)"
)
"""Not 点解绑 (press "unbind"), 网点解决 or 一点样子."""

_IN_CANTONESE = {
    "户口": "账户",
    "部电话": "手机",
    "宜家": "现在",
    "跟住": "接着",
    "拣": "选",
    "过数": "转账",
    "入数": "到账",
    "净系": "只是",
    "但系": "但是",
    "就系": "就是",
    "都系": "都是",
    "定系": "还是",
    "仲": "还",
    "最平": "最便宜",
    "边个": "哪个",
    "边条": "哪条",
    "边间": "哪家",
    "边种": "哪种",
    "边只": "哪个",
}
"""Mandarin has these too, with another sense: 户口 of a family, 宜家 the shop, 分拣, 总部电话."""
_ONLY_CANTONESE = re.compile("[唔咗嘅啲冇佢哋喺嚟攞俾畀咩乜㗎揾睇揿啱嘢噉咁]")
"""Characters that are written for Cantonese alone: then the words above are, too."""


def _any_of(words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(words, key=len, reverse=True)))


_ALL = {**_WORDS, **_IN_CANTONESE}
_FIND_WORDS, _FIND_ALL = _any_of(_WORDS), _any_of(_ALL)


def to_mandarin(text: str) -> str:
    """Return the text with Cantonese words as Mandarin ones; Simplified in, Simplified out."""
    found = _FIND_ALL if _ONLY_CANTONESE.search(text) else _FIND_WORDS
    text = _QUESTION.sub(lambda match: _QUESTIONS[match[0]], text)
    return found.sub(lambda match: _ALL[match[0]], text)
