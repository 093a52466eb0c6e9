"""Text to terms: any text, both ways of writing Chinese, the same result on both sides."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search_index.analyzer import (
    analyze,
    clean,
    detect_language,
    han_runs,
    has_words,
    latin_words,
    normalise,
    stem,
    terms_of,
)

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
"""Every code point, lone surrogates and NUL among them."""

# As people in Taiwan and on the mainland write the same thing.
SAME = [
    ("轉帳選錯鏈了", "转账选错链了"),
    ("註記詞遺失怎麼辦", "助记词遗失怎么办"),
    ("助記詞", "助记词"),
    ("私密金鑰外洩", "私钥外泄"),
    ("私密金钥", "私钥"),
    ("金鑰", "密钥"),
    ("提領沒有入帳", "提现没有入账"),
    ("收不到簡訊驗證碼", "收不到短信验证码"),
    ("錢包位址填錯", "钱包地址填错"),
    ("帳號無法登入", "账号无法登录"),
    ("帳戶被凍結", "账户被冻结"),
    ("怎麼登出", "怎么退出登录"),
    ("匯入錢包", "导入钱包"),
    ("匯出檔案", "导出文件"),
    ("資料夾", "文件夹"),
    ("keystore檔案", "keystore文件"),
    ("網路選錯", "网络选错"),
    ("軟體程式", "软件程序"),
    ("手機螢幕", "手机屏幕"),
    ("螢幕截圖", "屏幕截图"),
    ("複製位址", "复制地址"),
    ("離線查詢", "离线查询"),
    ("入金", "充值"),
    ("出金", "提现"),
    ("手機門號", "手机号"),
    ("智慧型手機", "手机"),
    ("電子信箱", "电子邮箱"),
    ("智慧合約", "智能合约"),
    ("身分證驗證", "身份证验证"),
    ("硬體錢包", "硬件钱包"),
    ("釣魚網站連結", "钓鱼网站链接"),
    ("加密貨幣代幣", "加密货币代币"),
]


@given(ANY_TEXT)
@example("\ud800")
@example("\x00")
@example("e\u0301\u200b\ufeff")
@example("🙂" * 500)
def test_no_text_is_too_strange(text: str) -> None:
    assert all(analyze(text))
    assert detect_language(text) in ("zh", "en")
    assert isinstance(has_words(text), bool)


@given(ANY_TEXT)
@example("J\u030c")  # composes only once it is lower case
@example("麼")  # tw2sp: 么, and then 幺
@example("文件")
@example("私密金鑰")
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(ANY_TEXT)
def test_normalised_text_can_be_written_to_a_file(text: str) -> None:
    assert normalise(text).encode().decode() == normalise(text)


@pytest.mark.parametrize(("taiwan", "mainland"), SAME)
def test_taiwanese_wording_means_the_same_as_mainland_wording(taiwan: str, mainland: str) -> None:
    assert normalise(taiwan) == normalise(mainland)
    assert analyze(taiwan) == analyze(mainland)


def test_full_width_letters_and_capitals_mean_the_same() -> None:
    assert analyze("ＵＳＤＴ　ＴＲＣ２０") == analyze("usdt trc20") == ["usdt", "trc20"]


def test_zero_width_characters_do_not_cut_a_word() -> None:
    assert analyze("提\u200b币") == analyze("提币")
    assert analyze("wal\u200dlet") == analyze("wallet")


def test_control_characters_part_words() -> None:
    assert clean("a\x00b\nc") == "a b c"


def test_half_a_character_becomes_a_replacement_character() -> None:
    assert clean("a\ud83db") == "a\ufffdb"


def test_han_gives_characters_and_pairs_of_neighbours() -> None:
    assert terms_of("提币没") == ["提", "币", "没", "提币", "币没"]


def test_pairs_do_not_reach_across_other_signs() -> None:
    assert "币没" not in terms_of("提币，没到账")
    assert "币没" not in terms_of("提币usdt没到账")


def test_latin_words_are_stemmed_and_kept_in_order() -> None:
    assert analyze("Recovering my wallets") == [stem("recovering"), "my", "wallet"]


def test_forms_of_an_english_word_are_one_term() -> None:
    assert analyze("withdrawal") == analyze("withdrawals")
    assert analyze("verified") == analyze("verify")


def test_numbers_are_terms() -> None:
    assert analyze("等60秒 2fa") == ["等", "60", "秒", "2fa"]


def test_mixed_text_gives_its_words_and_its_runs() -> None:
    normalised = normalise("我的USDT转错到ERC20了")
    assert latin_words(normalised) == ["usdt", "erc20"]
    assert han_runs(normalised) == ["我的", "转错到", "了"]


@pytest.mark.parametrize("text", ["", " \n", "？？！", "🙂🙂", "…—", "\u200b", "\x00", "\ud800"])
def test_signs_and_emoji_are_no_words(text: str) -> None:
    assert not has_words(text)
    assert analyze(text) == []


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("提币没到账怎么办", "zh"),
        ("I lost my recovery phrase", "en"),
        ("USDT 没到账", "zh"),
        ("my USDT TRC20 deposit 没 arrived after three hours", "en"),
        ("zhujici diule", "en"),
        ("", "en"),
        ("轉帳", "zh"),
    ],
)
def test_language_is_that_of_the_greater_part(text: str, lang: str) -> None:
    assert detect_language(text) == lang
