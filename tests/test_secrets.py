from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import base58
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mnemonic import Mnemonic

from search_index.secret_rules.folding import fold
from search_index.secret_rules.word_lists import list_names, words_of
from search_index.secrets import (
    LONGEST_LOOKED_AT,
    find_secret,
    is_ambiguous_hex,
    is_partial_phrase,
    redact,
)

ROOT = Path(__file__).resolve().parents[1]
VECTORS = json.loads((ROOT / "tests" / "secret_vectors.json").read_text(encoding="ascii"))
PLAN = ROOT.parent / "shared" / "content" / "content-plan.yml"
HEX = "e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262"
WIF = "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"

SEPARATORS = (" ", ", ", "，", "、", "\n", "\t", " - ", "/", "_", "🔑", "\u200b", "\u3000", "\0")
SENTENCES = (
    "{}",
    "我的助记词是 {} 怎么办",
    "助记词：{}",
    "{} 打不开了",
    "please help: {} does not work",
)


def decision(text: str) -> dict[str, Any] | None:
    """Return what the browser would: a kind and whether to ask, or nothing."""
    secret = find_secret(text)
    if secret is not None:
        return {"kind": secret.kind, "ask": False}
    if is_ambiguous_hex(text):
        return {"kind": "private_key", "ask": True}
    return {"kind": "recovery_phrase", "ask": True} if is_partial_phrase(text) else None


def article_texts() -> list[tuple[str, str]]:
    paths = sorted((ROOT / "docs").rglob("*.md"))
    return [(str(p.relative_to(ROOT)), p.read_text(encoding="utf-8")) for p in paths]


def plan_questions(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [q for k, v in node.items() if str(k).startswith("user_questions_") for q in v]
        return own + [q for value in node.values() for q in plan_questions(value)]
    return [q for item in node for q in plan_questions(item)] if isinstance(node, list) else []


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_shared_vectors_hold(vector: dict[str, Any]) -> None:
    assert decision(vector["text"]) == vector["expect"]


def test_no_article_text_looks_like_a_secret() -> None:
    for name, text in article_texts():
        pieces = [text[i : i + 8000] for i in range(0, len(text), 7500)]
        pieces += text.split("\n\n") + text.splitlines()
        flagged = [piece for piece in pieces if decision(piece) is not None]
        assert not flagged, f"{name}: {flagged[0][:200]!r}"


@pytest.mark.skipif(not PLAN.exists(), reason="the content plan is not beside the repository")
def test_no_question_of_the_content_plan_looks_like_a_secret() -> None:
    questions = plan_questions(yaml.safe_load(PLAN.read_text(encoding="utf-8")))
    assert len(questions) > 100
    assert [q for q in questions if decision(q) is not None] == []


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=16, max_size=16),
    st.sampled_from(SEPARATORS),
    st.sampled_from(SENTENCES),
    st.booleans(),
)
def test_an_english_phrase_is_found_in_any_layout_and_sentence(
    entropy: bytes, separator: str, sentence: str, upper: bool
) -> None:
    words = Mnemonic("english").to_mnemonic(entropy).split()
    assume(len(set(words)) > 8)
    text = sentence.format(separator.join(words))
    found = find_secret(text.upper() if upper else text)
    assert found is not None
    assert found.kind == "recovery_phrase"


@pytest.mark.parametrize("name", list_names())
def test_a_phrase_of_any_list_is_found_without_checksum_or_label(name: str) -> None:
    rng = random.Random(11)
    phrases = [[rng.choice(words_of(name)) for _ in range(20)] for _ in range(50)]
    assert [p for p in phrases if find_secret(" ".join(p)) is None] == []


@pytest.mark.parametrize("name", ["chinese_simplified", "chinese_traditional"])
@pytest.mark.parametrize("separator", ["", " ", "，", "\n", "🔑"])
def test_chinese_phrases_are_found_with_and_without_separators(name: str, separator: str) -> None:
    rng = random.Random(5)
    source = Mnemonic(name)
    phrases = [source.to_mnemonic(rng.randbytes(16)).split() for _ in range(200)]
    missed = [p for p in phrases if find_secret(separator.join(p)) is None]
    assert len(missed) <= 2


def test_a_missing_word_and_two_slips_do_not_hide_a_phrase() -> None:
    phrase = "crane wolf velvet oxygen puzzle magnet ribbon salmon tunnel fossil lizard canoe"
    words = phrase.split(" ")
    for i in range(12):
        assert find_secret(" ".join(words[:i] + words[i + 1 :])) is not None
    words[2], words[7] = "velvt", "samlon"
    assert find_secret(" ".join(words)) is not None


def test_a_found_place_covers_the_whole_phrase() -> None:
    for sentence in ("我的ｐｈｒａｓｅ①：{}。谢谢", "{}", "é\u0301\u200b {} ﬁn"):
        text = sentence.format(PHRASE)
        found = find_secret(text)
        assert found is not None
        assert PHRASE in text[found.start : found.end]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.data())
def test_a_place_in_the_folded_text_maps_back_to_what_it_was_made_of(
    text: str, data: st.DataObject
) -> None:
    folded = fold(text)
    assert len(folded.plain) == len(folded.lower)
    start = data.draw(st.integers(0, len(folded.plain)))
    end = data.draw(st.integers(start, len(folded.plain)))
    first, last = folded.original_span(start, end)
    assert 0 <= first <= last <= len(text)
    assert folded.plain[start:end] in fold(text[first:last]).plain


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.text(max_size=20)
        | st.sampled_from(
            [PHRASE, HEX, WIF, "助记词", "私钥", "天 地 玄", "\ud800", "4111111111111111"]
        ),
        max_size=8,
    )
)
def test_no_text_raises_and_a_masked_text_stays_as_it_is(pieces: list[str]) -> None:
    text = " ".join(pieces)
    decision(text)
    masked = redact(text)
    assert redact(masked) == masked
    assert find_secret(masked) is None
    assert PHRASE not in masked
    assert HEX not in masked
    assert WIF not in masked


def test_only_head_and_tail_of_a_very_long_text_are_read() -> None:
    filler = "提现多久到账。" * 3000
    assert len(filler) > 2 * LONGEST_LOOKED_AT
    head, tail = find_secret(PHRASE + filler), find_secret(filler + PHRASE)
    assert head is not None
    assert tail is not None
    assert (head.start, tail.end) == (0, len(filler + PHRASE))
    assert find_secret(filler + PHRASE + filler) is None
    assert PHRASE not in redact(filler + PHRASE + filler)


@pytest.mark.parametrize(
    ("text", "is_asked_about"),
    [
        (HEX, True),
        (f"0x{HEX.upper()}", True),
        (f"https://tronscan.org/#/transaction/{HEX}", False),
        (f"交易哈希 {HEX}", False),
        (f"私钥 {HEX}", False),
        (HEX[:63], False),
        (f"{HEX}0", False),
    ],
)
def test_bare_hex_is_asked_about(text: str, is_asked_about: bool) -> None:
    assert is_ambiguous_hex(text) is is_asked_about


@pytest.mark.parametrize(
    "text", ["厚！" * 15, "我 要 提 现 到 银 行 卡 怎 么 操 作", "提现 审核 多久 到账 时间 银行"]
)
def test_separated_ordinary_chinese_is_no_phrase(text: str) -> None:
    assert decision(text) is None


def test_a_key_word_nearer_than_a_hash_word_blocks() -> None:
    assert find_secret(f"交易失败后我导出了私钥 {HEX}") is not None
    assert find_secret(f"私钥还在，交易哈希 {HEX}") is None


def test_a_stellar_account_and_a_signature_are_no_secrets() -> None:
    signature = base58.b58encode(bytes(range(64))).decode()
    assert find_secret(f"tx {signature}") is None
    assert find_secret("GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ") is None


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"打不开：{PHRASE}，急", "打不开：[recovery phrase]，急"),
        (f"txid {HEX} 没到账", "txid [64 hex digits] 没到账"),
        (f"导入 {WIF} 失败", "导入 [private key] 失败"),
        ("卡号4111 1111 1111 1111被扣款", "卡号[card number]被扣款"),
        ("时间 1732200000000 订单", "时间 1732200000000 订单"),
        ("身份证11010519491231002X", "身份证[ID number]"),
        ("A123456789 和 A123456(3)", "[ID number] 和 [ID number]"),
        ("邮箱ａｂｃ＠ｅｘａｍｐｌｅ．ｃｏｍ谢谢", "邮箱[e-mail]谢谢"),
        ("打13800138000或+852 9123 4567", "打[phone]或[phone]"),
        ("的 crane wolf velvet oxygen puzzle magnet", "的 [recovery phrase]"),
        ("UID 12345678，提现 1000.50 USDT", "UID 12345678，提现 1000.50 USDT"),
    ],
)
def test_what_is_stored_is_masked(text: str, masked: str) -> None:
    assert redact(text) == masked


def test_a_text_full_of_secrets_is_withheld() -> None:
    assert redact(f"{WIF} " * 100) == "[withheld]"


@pytest.mark.parametrize(
    ("text", "longest_s"),
    [("提现多久到账", 0.002), ("how long does a withdrawal take", 0.002)]
    + [
        (t * (8000 // len(t)), 0.1) for t in ("提现多久到账", "abandon the ", "ab cd ", "1, ", "Ａ")
    ],
)
def test_a_decision_is_fast(text: str, longest_s: float) -> None:
    find_secret(PHRASE + "天 地 玄 黄 宇 宙 洪 荒 日 月 盈 昃")  # loads the lists
    times = []
    for _ in range(5):
        started = time.process_time()
        find_secret(text)
        times.append(time.process_time() - started)
    assert min(times) < longest_s
