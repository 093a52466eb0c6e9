"""Hashes and addresses inside a query."""

from __future__ import annotations

import pytest

from search_index.analyzer import normalise
from search_index.chain_references import describe_references

HASH = "5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
SIGNATURE = (
    "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW"
)
TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"


@pytest.mark.parametrize(
    "text", [HASH, f"0x{HASH}", SIGNATURE, f"https://scan.example/tx/0x{HASH}"]
)
def test_a_hash_alone_asks_for_the_state_of_a_transfer(text: str) -> None:
    assert "交易哈希" in describe_references(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        TRON,
        "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    ],
)
def test_an_address_alone_asks_where_to_look_it_up(text: str) -> None:
    assert describe_references(normalise(text)) == "在区块浏览器查看钱包地址"


@pytest.mark.parametrize(
    "text",
    [
        "UQDKqdItWiBa3ey21YZDW8ta0OArHCMzdyFm6f1ytkuHcmww",
        "cosmos1zr7aswwzskhav7w57vwpaqsafuh5uj7nv8a964",
        "https://scan.example/address/0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
    ],
)
def test_addresses_of_other_networks_are_known(text: str) -> None:
    assert describe_references(normalise(f"{text} 是什么链")) == "地址 是什么链"


def test_in_a_sentence_it_is_named_in_the_language_of_the_sentence() -> None:
    zh = describe_references(normalise(f"查这笔 0x{HASH} 怎么还没到"))
    assert zh == "查这笔 交易 怎么还没到"
    en = describe_references(normalise(f"sent to {TRON} hash {HASH} not arrived"))
    assert en == "sent to address hash transaction not arrived"


@pytest.mark.parametrize("beside", ["查一下 {}", "{} 帮我看看", "这个 {}", "请查查这笔交易：{}"])
def test_one_that_shall_just_be_looked_up_is_as_good_as_alone(beside: str) -> None:
    assert describe_references(normalise(beside.format(HASH))) == describe_references(HASH)


def test_english_words_beside_it_keep_it_english() -> None:
    assert describe_references(normalise(f"status of {HASH} please")).isascii()


def test_two_in_one_text_are_both_named() -> None:
    text = normalise(f"{HASH} 转到 {TRON} 没到")
    assert describe_references(text) == "交易 转到 地址 没到"


@pytest.mark.parametrize(
    "text",
    ["提币没到账怎么办", "pneumonoultramicroscopicsilicovolcanoconiosis", "uid 1234567890", "0x1f"],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert describe_references(text) == text
