"""Written Cantonese, and Mandarin that looks like it."""

from __future__ import annotations

import pytest
from opencc import OpenCC

from search_index import cantonese
from search_index.analyzer import normalise

SAID = [
    ("點解提唔到幣", "为什么提不到币"),
    ("唔見咗手機點算", "不见了手机怎么办"),
    ("我啲USDT俾人偷咗", "我的usdt被人偷了"),
    ("助記詞喺邊度睇", "助记词在哪里看"),
    ("過咗數幾耐先到", "转账了多久先到"),
    ("我個戶口係咪俾人封咗", "我个账户是不是被人封了"),
    ("我哋而家仲未收到驗證碼", "我们现在还未收到验证码"),
    ("邊條網絡最平㗎", "哪条网络最便宜"),
    ("有冇得攞返", "能不能拿回"),
    ("唔该，点样拣条链", "请,怎样选条链"),
]


@pytest.mark.parametrize(("cantonese", "mandarin"), SAID)
def test_it_is_read_in_the_words_of_the_articles(cantonese: str, mandarin: str) -> None:
    assert normalise(cantonese) == normalise(mandarin)


@pytest.mark.parametrize(
    "text",
    [
        "孩子上户口要什么材料",
        "用户口令忘了",
        "点解绑并确认",
        "网点解决不了",
        "点样式设置",
        "总部电话打不通",
        "宜家买的柜子",
        "超过数量限制",
        "输入数字",
        "干净系统",
        "仲裁要多久",
        "分拣中心",
        "有一点样子了",
    ],
)
def test_mandarin_stays_as_it_is(text: str) -> None:
    assert normalise(text) == text


def test_every_word_is_one_that_texts_hold_after_their_conversion() -> None:
    """The analyzer converts first: of 揀 it makes 拣, so a key 揀 would never be found."""
    words = {**cantonese._WORDS, **cantonese._IN_CANTONESE, **cantonese._QUESTIONS}
    assert len(words) > 100
    assert {word: OpenCC("tw2sp").convert(word) for word in words} == {w: w for w in words}
