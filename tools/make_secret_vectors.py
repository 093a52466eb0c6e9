"""Make tests/secret_vectors.json, the texts on which the guard in Python and in the browser agree.

    PYTHONPATH=.:benchmarks python tools/make_secret_vectors.py

Secrets come from the benchmark's generators with a fixed seed: none ever held funds. What is
expected is written here, not asked of the guard.
"""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mnemonic import Mnemonic
from secret_guard import HAN, SPOKEN, han_phrases, keys, word_phrases

TARGET = Path(__file__).resolve().parents[1] / "tests" / "secret_vectors.json"
KINDS = {"wif": "private_key", "extended key": "extended_key", "solana": "private_key",
         "hex": "private_key", "keystore": "keystore", "totp": "totp_secret"}  # fmt: skip
SERVER_ONLY = {*SPOKEN, "slip39", "monero", "electrum_old"}
"""Families whose word lists are not sent to the browser."""

Expected = dict[str, Any] | None
Vector = dict[str, Any]


def blocked(kind: str) -> Expected:
    return {"kind": kind, "ask": False}


def asked(kind: str) -> Expected:
    return {"kind": kind, "ask": True}


def generated(rng: random.Random) -> list[Vector]:
    seen: set[tuple[str, str]] = set()
    vectors = []
    sources = (
        ("recovery_phrase", word_phrases(rng), 1200),
        ("recovery_phrase", han_phrases(rng), 120),
        (None, keys(rng), 14),
    )
    for kind, source, count in sources:
        for family, layout, text in islice(source, count):
            key = (family, layout if family in ("english", *HAN) or kind is None else "")
            if key in seen:
                continue
            seen.add(key)
            vector: Vector = {
                "name": f"{family}, {layout}",
                "text": text,
                "expect": blocked(kind or KINDS[family]),
            }
            if family in SERVER_ONLY or family == "chinese, inside, no cue":
                vector["browser"] = "skip"
            elif layout == "base58":
                vector["browser"] = asked("private_key")
            vectors.append(vector)
    return vectors


def written(rng: random.Random) -> list[Vector]:
    """Return vectors by hand: sentences, odd characters, what is asked about, what is harmless."""
    words = Mnemonic("english").to_mnemonic(rng.randbytes(16)).split()
    phrase = " ".join(words)
    han = Mnemonic("chinese_simplified").to_mnemonic(rng.randbytes(16)).split()
    key = rng.randbytes(32)
    hex_key = key.hex()
    pair = key + Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
    signature = base58.b58encode(Ed25519PrivateKey.from_private_bytes(key).sign(b"x")).decode()
    wif = base58.b58encode_check(b"\x80" + key + b"\x01").decode()
    phrase_found = blocked("recovery_phrase")
    part_found = asked("recovery_phrase")
    key_found = blocked("private_key")
    rows: list[tuple[str, str, Expected]] = [
        ("in a Chinese sentence", f"我的助记词是 {phrase} 钱包打不开了怎么办", phrase_found),
        ("in an English sentence", f"I wrote down {phrase} and lost my phone.", phrase_found),
        ("glued to Chinese", f"助记词{phrase}怎么导入", phrase_found),
        ("NUL between words", "\0".join(words), phrase_found),
        ("lone surrogate before", f"\ud83d{phrase}", phrase_found),
        ("zero width inside words", phrase.replace("e", "e\u200b"), phrase_found),
        ("bidirectional marks", f"\u202e{phrase}\u202c", phrase_found),
        ("in a long text", "提现多久到账？" * 800 + phrase, phrase_found),
        ("BIP-39 test vector", "abandon " * 11 + "about", phrase_found),
        ("seven words with a cue", f"我只记得助记词 abandon {' '.join(words[:6])}", phrase_found),
        ("Han after a cue", f"我的助记词是{''.join(han)}", phrase_found),
        ("Han alone", "".join(han), phrase_found),
        ("WIF in a sentence", f"私钥{wif}导入失败", key_found),
        ("WIF in full width", "".join(chr(ord(c) + 0xFEE0) for c in wif), key_found),
        ("PEM", "-----BEGIN EC PRIVATE KEY-----\nMHcC", key_found),
        ("hex after Chinese label", f"私钥：{hex_key}", key_found),
        ("hex after English label", f"my private key is 0x{hex_key}", key_found),
        ("hex in groups with label",
         "private key " + " ".join(hex_key[i : i + 8] for i in range(0, 64, 8)), key_found),
        ("hex, nearest word is key", f"转账失败，私钥 {hex_key}", key_found),
        ("bytes", json.dumps(list(pair)), key_found),
        ("keystore in curly quotes",
         '{“crypto”：{“ciphertext”：“' + hex_key + '”，“kdf”：“scrypt”}}', blocked("keystore")),
        ("bare hex", hex_key, asked("private_key")),
        ("bare hex with 0x", f"0x{hex_key}", asked("private_key")),
        ("bare hex in a question", f"{hex_key} 这是什么", asked("private_key")),
        ("six words without a cue", "crane wolf velvet oxygen puzzle magnet", part_found),
        ("eight characters apart", " ".join(han[:8]), part_found),
        ("transaction hash", f"交易哈希 {hex_key} 没到账", None),
        ("transaction id", f"txid: {hex_key}", None),
        ("explorer address", f"https://etherscan.io/tx/0x{hex_key}", None),
        ("hash nearer than key", f"问私钥之前先看这笔交易 {hex_key}", None),
        ("Solana signature", f"transaction {signature} failed", None),
        ("Ethereum address", "0x52908400098527886E0F7030069857D2E4169EE7 充值没到账", None),
        ("Bitcoin address", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", None),
        ("public extended key", "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ES"
         "FjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8", None),
        ("empty", "", None),
        ("spaces", " \n\t", None),
        ("asks what a phrase is", "助记词是什么？和私钥有什么区别", None),
        ("lost phrase", "助记词丢了钱包还能找回来吗", None),
        ("exactly twelve characters", "提现三天了还没有到账怎么", None),
        ("twelve characters with cue", "助记词抄错一个字还能用吗", None),
        ("keywords", "提现 审核 多久 到账 时间 银行", None),
        ("spaced question", "提 现 多 久 到 账", None),
        ("English question",
         "how long does a withdrawal take before it arrives in my bank account", None),
        ("English about phrases",
         "what is a recovery phrase and where do I find the secret recovery phrase in settings",
         None),
        ("prose of list words", "this will also help you learn about how that can happen when you "
         "use one address", None),
        ("authenticator without secret", "谷歌验证器换手机了收不到验证码怎么办", None),
        ("authenticator in capitals", "GOOGLE AUTHENTICATOR VERIFICATION NOT WORKING", None),
        ("keystore question", "keystore 文件的密码忘了，能用 kdf 参数恢复吗", None),
        ("phone and e-mail", "13800138000 abc@example.com", None),
        ("card number", "4111 1111 1111 1111", None),
        ("order number", "订单号 20261121000123456789 没到账", None),
        ("list of numbers", "[1, 2, 3, 4, 5, 6, 7, 8]", None),
    ]  # fmt: skip
    return [{"name": name, "text": text, "expect": expect} for name, text, expect in rows]


def main() -> None:
    rng = random.Random(39)
    vectors = generated(rng) + written(rng)
    TARGET.write_text(json.dumps(vectors, ensure_ascii=True, indent=1) + "\n", encoding="ascii")
    print(len(vectors), "vectors")


if __name__ == "__main__":
    main()
