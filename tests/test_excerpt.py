"""The excerpt holds whole sentences about the query and marks its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.analyzer import analyze
from search_index.excerpt import make_excerpt
from search_index.records import Excerpt

CHINESE = "复制TxID。在区块浏览器查这笔转账的状态！待确认就等待。\n核对收款地址；联系客服"
ENGLISH = (
    "Open the wallet and wait. A fee of 0.10 USDT is taken. "
    "Write the recovery phrase down twice! Then verify it"
)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
PIECES = st.lists(
    st.sampled_from(
        ["提币", "没到账", "。", "！", "\n", " wallet", " wallets.", ".", "?", "İ", "｜"]
    ),
    max_size=60,
).map("".join)


def excerpt_of(text: str, query: str, max_width: int = 180) -> Excerpt:
    return make_excerpt(text, dict.fromkeys(analyze(query), 1.0), max_width=max_width)


def marked(excerpt: Excerpt) -> list[str]:
    return [excerpt.text[start:end] for start, end in excerpt.marks]


def test_it_starts_with_the_sentence_that_holds_most_of_the_query() -> None:
    assert excerpt_of(CHINESE, "转账状态在哪查").text.startswith("在区块浏览器查这笔转账的状态！")


def test_it_goes_on_to_the_end_when_there_is_room() -> None:
    assert excerpt_of(CHINESE, "收款地址").text == "核对收款地址；联系客服"


def test_it_stops_at_a_sentence_border_when_there_is_no_room() -> None:
    assert excerpt_of(CHINESE, "转账", max_width=32).text == "在区块浏览器查这笔转账的状态！"


def test_an_english_sentence_in_the_middle_of_a_line_is_found() -> None:
    found = excerpt_of(ENGLISH, "lost recovery phrase")
    assert found.text == "Write the recovery phrase down twice! Then verify it"
    assert marked(found) == ["recovery", "phrase"]


def test_a_full_stop_in_a_number_or_a_name_ends_no_sentence() -> None:
    assert excerpt_of(ENGLISH, "fee USDT", max_width=40).text == "A fee of 0.10 USDT is taken."
    assert excerpt_of("见help.example.com 的说明", "说明").text == "见help.example.com 的说明"


def test_lines_without_a_full_stop_do_not_run_together() -> None:
    assert excerpt_of("检查手机号\n关闭拦截\nDone", "手机号").text == "检查手机号 关闭拦截 Done"
    assert excerpt_of("先查。\n再等", "先查").text == "先查。再等"


def test_marks_lie_on_the_words_of_the_query() -> None:
    assert marked(excerpt_of(CHINESE, "转账 地址")) == ["转账", "地址"]


def test_neighbouring_marks_are_one() -> None:
    assert marked(excerpt_of("请核对收款地址", "收款地址填错")) == ["收款地址"]


def test_a_lone_han_character_is_not_marked() -> None:
    assert marked(excerpt_of("币在账户里", "币呢")) == []


def test_every_form_of_an_english_word_is_marked_in_whole() -> None:
    text = "Verify the recovered wallet: verification of wallets verified"
    assert marked(excerpt_of(text, "verifying wallet")) == [
        "Verify",
        "wallet",
        "wallets",
        "verified",
    ]


def test_part_of_another_english_word_is_not_marked() -> None:
    assert marked(excerpt_of("a paid passkey", "pa ai key")) == []


def test_capitals_and_letters_beside_han_are_marked() -> None:
    assert marked(excerpt_of("把USDT转到TRC20地址", "usdt trc20")) == ["USDT", "TRC20"]


def test_without_a_common_word_it_starts_at_the_top_unmarked() -> None:
    found = excerpt_of(CHINESE, "weather")
    assert found.text.startswith("复制TxID。")
    assert found.marks == ()


def test_a_rare_word_outweighs_a_common_one() -> None:
    weights = {"wallet": 0.1, "phrase": 3.0}
    found = make_excerpt("Open wallet. Read phrase.", weights)
    assert found.text == "Read phrase."


def test_a_word_that_stands_everywhere_is_not_marked() -> None:
    found = make_excerpt("The wallet is empty.", {"the": 0.01, "wallet": 0.2, "is": 0.0})
    assert found.marks == ((4, 10),)


@pytest.mark.parametrize("text", ["", "\n\n", "。！", "  "])
def test_no_text_gives_an_empty_excerpt(text: str) -> None:
    assert excerpt_of(text, "转账").text.strip("。！") == ""


def test_a_sentence_without_end_is_cut_with_an_ellipsis() -> None:
    found = excerpt_of("转账" * 500, "转账")
    assert found.text.endswith("…")
    assert len(found.text) < 120


@given(ANY_TEXT | PIECES, ANY_TEXT | PIECES)
def test_spans_are_in_range_in_order_and_apart(text: str, query: str) -> None:
    found = excerpt_of(text, query)
    position = -1
    for start, end in found.marks:
        assert position < start < end <= len(found.text)
        position = end


@given(PIECES, PIECES)
def test_what_is_marked_is_said_in_the_query(text: str, query: str) -> None:
    for word in marked(excerpt_of(text, query)):
        assert set(analyze(word)) & set(analyze(query))


@given(PIECES)
def test_nothing_is_shown_that_does_not_stand_in_the_text(text: str) -> None:
    signs = str.maketrans("", "", " \n。！.?…")
    assert excerpt_of(text, "wallet").text.translate(signs) in text.translate(signs)
