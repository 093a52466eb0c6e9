"""Pinyin, homophones and typos are read as what was meant; correct queries are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_fixtures import make_articles, make_parts

from search_index.analyzer import normalise
from search_index.readings import Speller
from search_index.snapshot import IndexParts

SPELLER = make_parts().speller
WRITTEN = [text for a in make_articles() for text in (a.title, a.summary, *a.questions)]


@pytest.fixture
def speller(mini_parts: IndexParts) -> Speller:
    return mini_parts.speller


def readings(speller: Speller, text: str) -> list[str]:
    return speller.readings(normalise(text))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zhujici diule", "助记词丢了"),
        ("zhu ji ci diu le", "助记词丢了"),
        ("zhujicidiule", "助记词丢了"),
        ("ZhuJiCi DiuLe", "助记词丢了"),
        ("shoubudao yanzhengma", "收不到验证码"),
        ("qianbao bei dao le zenme ban", "钱包被盗了怎么办"),
        ("zhuanzhang xuancuo wangluo", "转账选错网络"),
    ],
)
def test_pinyin_is_read_as_han_spaced_or_joined(speller: Speller, typed: str, meant: str) -> None:
    assert meant in readings(speller, typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("助记词 diule", "助记词丢了"),
        ("shoubudao 验证码", "收不到验证码"),
        ("zhuanzhang选错wangluo?", "转账选错网络?"),
    ],
)
def test_pinyin_among_han_is_read_too(speller: Speller, typed: str, meant: str) -> None:
    assert meant in readings(speller, typed)


def test_a_latin_word_that_chinese_articles_use_is_no_pinyin(speller: Speller) -> None:
    assert "在区块浏览器查txid" in readings(speller, "zai qukuai liulanqi cha txid")


def test_such_a_word_stays_even_when_it_looks_like_pinyin() -> None:
    syllables = {"钱": ["qian"], "包": ["bao"], "到": ["dao"], "账": ["zhang"], "用": ["yong"]}
    speller = Speller.build({"zh": ["钱包到账", "用DAO钱包"], "en": []}, syllables)
    assert speller.read_pinyin("dao qianbao") == "dao钱包"


def test_english_is_not_read_as_pinyin(speller: Speller) -> None:
    for text in ("weather in london", "how long does this take please", "i cannot wait forever"):
        assert speller.read_pinyin(text) is None


def test_one_word_that_is_no_pinyin_stops_the_reading(speller: Speller) -> None:
    assert speller.read_pinyin("zhujici diule xyzzy") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("收不到验正码", "收不到验证码"),  # zheng
        ("主记词丢了", "助记词丢了"),  # zhu
        ("钱包备盗了", "钱包被盗了"),  # bei
        ("转帐选错网洛", "转账选错网络"),  # luo
        ("助缩词丢了", "助记词丢了"),  # no homophone, but it stands between 助 and 词
    ],
)
def test_a_wrong_character_is_repaired(speller: Speller, typed: str, meant: str) -> None:
    assert meant in readings(speller, typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("verfication code", "verification code"),
        ("recovrey phrase", "recovery phrase"),
        ("lost seed phrsae", "lost seed phrase"),
        ("walet stolen", "wallet stolen"),
        ("wrong netwrok", "wrong network"),
    ],
)
def test_a_typo_in_a_latin_word_is_repaired(speller: Speller, typed: str, meant: str) -> None:
    assert meant in readings(speller, typed)


def test_short_words_and_words_with_digits_are_not_guessed_at(speller: Speller) -> None:
    assert readings(speller, "my trx trc20 sol") == []


def test_a_word_far_from_all_others_stays(speller: Speller) -> None:
    assert readings(speller, "metamask") == []


def test_only_the_wrong_word_is_replaced_not_its_like_inside_another(speller: Speller) -> None:
    assert speller.repair_latin("rong wrongdoing") == "wrong wrongdoing"
    assert speller.repair_han("验正。收不到验正码的人") == "验证。收不到验证码的人"


@pytest.mark.parametrize("text", WRITTEN)
def test_what_the_site_itself_writes_is_left_alone(speller: Speller, text: str) -> None:
    assert readings(speller, text) == []


@pytest.mark.parametrize("cut", range(55, 80))
def test_a_long_correct_query_is_left_alone_wherever_it_is_cut(speller: Speller, cut: int) -> None:
    text = "i don't receive the verification code and my transfer has not arrived on the network"
    assert readings(speller, text[2 : cut + 10].rsplit(" ", 1)[0]) == []


def test_the_end_of_a_long_query_is_kept_behind_the_repair(speller: Speller) -> None:
    end = "and my transfer has not arrived on the network and the wallet"
    assert readings(speller, f"verfication code {end}") == [f"verification code {end}"]


def test_the_query_itself_is_no_further_reading(speller: Speller) -> None:
    for text in ("收不到验正码", "zhujici diule", "verfication code"):
        assert text not in readings(speller, text)


@given(st.text(max_size=120) | st.text(alphabet="zhujicdle 助记词丢了验正码", max_size=90))
def test_no_text_is_too_strange(text: str) -> None:
    assert all(isinstance(reading, str) for reading in SPELLER.readings(normalise(text)))


def test_an_empty_site_repairs_nothing() -> None:
    speller = Speller.build({"zh": [], "en": []}, {})
    assert speller.readings("助记词 diule verfication") == []


def test_a_saved_speller_reads_the_same(speller: Speller, tmp_path: Path) -> None:
    speller.save(tmp_path / "spelling.json")
    loaded = Speller.load(tmp_path / "spelling.json")
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "spelling.json").read_bytes()
    for text in ("zhujici diule", "收不到验正码", "verfication code", "转账选错网络"):
        assert loaded.readings(text) == speller.readings(text)
