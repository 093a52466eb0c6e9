"""Text to terms, the same on both sides of the index; knows nothing of articles or scores.

Source of the recipe: our measurement on nine public Chinese and English help-centre sets
(findings/retrieval.md): tw2sp before BM25 and before the encoder, Han unigrams and bigrams
(2 to 4 points better than jieba words), stemmed Latin words, no stop words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

import Stemmer
from opencc import OpenCC

from search_index.cantonese import to_mandarin

ANALYZER_ID = "nfkc-lower-tw2sp-variants-cantonese/han-1-2gram/snowball-en/1"

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{HAN}]+|[a-z0-9]+(?:'[a-z]+)?")
_HAN_RUN = re.compile(rf"[{HAN}]+")

# What OpenCC's tw2sp leaves unlike mainland wording (findings/retrieval.md); longest first.
# Applied before each pass of it, so the keys may be traditional or what tw2sp made.
_VARIANTS = {
    "註記詞": "助记词",
    "注记词": "助记词",
    "帳": "账",
    "帐": "账",
    "提領": "提现",
    "提领": "提现",
    "位址": "地址",
    "簡訊": "短信",
    "简讯": "短信",
    "登陆": "登录",
    "登入": "登录",
    "金鑰": "密钥",
    "金钥": "密钥",
    "私密金鑰": "私钥",
    "私密密钥": "私钥",
    "入金": "充值",
    "出金": "提现",
    "手機": "手机",
    "代幣": "代币",
    "門號": "手机号",
    "门号": "手机号",
    "匯入": "导入",
    "汇入": "导入",
    "匯出": "导出",
    "汇出": "导出",
    "登出": "退出登录",  # tw2sp: 注销, which on the mainland closes the account
    "手机门号": "手机号",
    "手機門號": "手机号",
    "身分": "身份",
    "电子信箱": "电子邮箱",
    "电子邮件信箱": "电子邮箱",
    "拷贝": "复制",  # this and the following: tw2sp makes them of 複製, 查詢, 離線, 截圖, 通訊錄
    "查找": "查询",
    "脱机": "离线",
    "截屏": "截图",
    "通信录": "通讯录",
    "智能型手机": "手机",  # tw2sp has made 智能 of 智慧
    "e-mail": "email",
    "wi-fi": "wifi",
    "sign-in": "sign in",
    "log-in": "log in",
}
_VARIANT = re.compile("|".join(sorted(map(re.escape, _VARIANTS), key=len, reverse=True)))
_PASSES = 5
"""The longest chain of any Unicode character or dictionary phrase has three links."""


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("tw2sp")


_STEMMER = Stemmer.Stemmer("english")


class _Safe(dict[int, str]):
    """What each character becomes; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF:
            kept = "\ufffd"
        else:
            kept = {"Cf": "", "Cc": " "}.get(unicodedata.category(character), character)
        self[code] = kept
        return kept


_SAFE = _Safe()


def clean(text: str) -> str:
    """Make any text safe: lone surrogates become U+FFFD, control characters spaces.

    Never raises. Format characters (zero-width and the like) are dropped.
    """
    return text.translate(_SAFE)


def normalise(text: str) -> str:
    """Return the form that is compared and embedded: NFKC, lower case, mainland wording.

    Idempotent: tw2sp makes 文件 of 檔案 but 文档 of 文件, so one pass would keep Taiwanese and
    mainland wording apart.
    """
    text = clean(text)
    for _ in range(_PASSES):
        passed = _pass(text)
        if passed == text:
            break
        text = passed
    return text


def _pass(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    text = _VARIANT.sub(lambda match: _VARIANTS[match[0]], text)
    return text if text.isascii() else to_mandarin(str(_converter().convert(text)))


def stem(word: str) -> str:
    """Return the stem of a lower-case Latin word (Snowball, English)."""
    return str(_STEMMER.stemWord(word))


def terms_of(normalised: str) -> list[str]:
    """Split normalised text into terms, in order.

    Han runs give every character and every pair of neighbours; Latin words and numbers give
    their stem.
    """
    terms: list[str] = []
    for token in _TOKEN.findall(normalised):
        if _HAN_RUN.match(token):
            terms.extend(token)
            terms.extend(token[i : i + 2] for i in range(len(token) - 1))
        else:
            terms.append(stem(token))
    return terms


def analyze(text: str) -> list[str]:
    """Normalise ``text`` and split it into terms."""
    return terms_of(normalise(text))


def latin_words(normalised: str) -> list[str]:
    """Return the Latin words and numbers of a normalised text, unstemmed."""
    return [token for token in _TOKEN.findall(normalised) if not _HAN_RUN.match(token)]


def han_runs(normalised: str) -> list[str]:
    """Return the runs of Han characters of a normalised text."""
    return _HAN_RUN.findall(normalised)


def replace_tokens(normalised: str, replacements: Mapping[str, str]) -> str:
    """Return a normalised text with whole words and whole runs of Han characters replaced."""
    return _TOKEN.sub(lambda match: replacements.get(match[0], match[0]), normalised)


def has_words(text: str) -> bool:
    """Tell whether ``text`` holds anything that can be searched for."""
    return bool(_TOKEN.search(normalise(text)))


def detect_language(text: str) -> str:
    """Return ``zh`` when the text holds Han characters in more than passing number, else ``en``.

    A single Han character among many Latin words stays English; the bound is a fifth of the
    tokens, a Han character counted as one.
    """
    normalised = unicodedata.normalize("NFKC", clean(text)).lower()
    tokens = _TOKEN.findall(normalised)
    han = sum(len(token) for token in tokens if _HAN_RUN.match(token))
    latin = sum(1 for token in tokens if not _HAN_RUN.match(token))
    return "zh" if han and han * 4 >= latin else "en"


# Texts have a few thousand different characters; there are no more than Unicode's.
@cache
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width_of(text: str) -> int:
    """Return the half-width columns that ``text`` takes."""
    return sum(map(_columns, text))
