"""Measure the secret guard: recall on generated secrets, false alarms on real text.

    python benchmarks/secret_guard.py [--secrets 2000] [--seed 7] [--texts FILE ...]

Every secret is made here from seeded random numbers; none ever held funds. ``--texts`` names files
of ordinary text, one query a line. Exit status 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import base58
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mnemonic import Mnemonic

from search_index.secret_rules.word_lists import words_of
from search_index.secrets import find_secret, is_ambiguous_hex

ROOT = Path(__file__).resolve().parents[1]
RECALL_TARGET = 0.98
FALSE_ALARM_TARGET = 0.001
HAN = ("chinese_simplified", "chinese_traditional")
SPOKEN = ("spanish", "french", "italian", "portuguese", "czech", "turkish", "russian", "korean",
          "japanese")  # fmt: skip

WORD_LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    "spaces": " ".join,
    "commas": ", ".join,
    "chinese commas": "，".join,
    "pauses": "、".join,
    "lines": "\n".join,
    "numbered lines": lambda w: "\n".join(f"{i}. {x}" for i, x in enumerate(w, 1)),
    "numbered": lambda w: " ".join(f"{i}.{x}" for i, x in enumerate(w, 1)),
    "numbered in brackets": lambda w: " ".join(f"({i}) {x}" for i, x in enumerate(w, 1)),
    "circled numbers": lambda w: "".join(f"{chr(0x2460 + i % 20)}{x}" for i, x in enumerate(w)),
    "table": lambda w: "\n".join(f"| {i} | {x} |" for i, x in enumerate(w, 1)),
    "json": lambda w: json.dumps(w, ensure_ascii=False),
    "emoji": "🔑".join,
    "zero width": "\u200b ".join,
    "zero width only": "\u200b".join,
    "slashes": "/".join,
    "underscores": "_".join,
    "two columns": lambda w: "\n".join(
        "\t".join(f"{n + 1} {w[n]}" for n in range(i, len(w), (len(w) + 1) // 2))
        for i in range((len(w) + 1) // 2)
    ),
}
CASED_LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    "upper case": lambda w: " ".join(w).upper(),
    "capitalised": lambda w: " ".join(x.capitalize() for x in w),
    "camel case": lambda w: "".join(x.capitalize() for x in w),
    "full width": lambda w: "　".join("".join(chr(ord(c) + 0xFEE0) for c in x) for x in w),
    "labelled": lambda w: "\n".join(f"word {i}: {x}" for i, x in enumerate(w, 1)),
    "labelled in chinese": lambda w: "\n".join(f"第{i}个单词：{x}" for i, x in enumerate(w, 1)),
    "joined": "".join,
}
HAN_LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    "spaces": " ".join,
    "wide spaces": "　".join,
    "commas": "，".join,
    "pauses": "、".join,
    "lines": "\n".join,
    "numbered": lambda w: " ".join(f"{i}.{x}" for i, x in enumerate(w, 1)),
    "numbered lines": lambda w: "\n".join(f"{i}、{x}" for i, x in enumerate(w, 1)),
    "labelled": lambda w: "\n".join(f"第{i}个：{x}" for i, x in enumerate(w, 1)),
    "emoji": "👉".join,
    "zero width": "\u200b".join,
    "quoted": lambda w: " ".join(f"“{x}”" for x in w),
}
SENTENCES = (
    "{}",
    "{}",
    "我的助记词是 {} 钱包打不开了怎么办",
    "助记词：{}",
    "这个导入不了：{}，请帮我看看",
    "{} 为什么提示无效",
    "客服帮我查一下\n{}\n谢谢",
    "換了手機，{}，還能找回嗎",
    "my wallet does not open, here it is: {} please help",
    "why is this not accepted: {}",
    "{} - what is wrong with it?",
    "I wrote down {} and lost my phone.",
)


@dataclass(frozen=True)
class Planted:
    """A generated secret inside a sentence."""

    family: str
    layout: str
    text: str


def phrase(rng: random.Random, language: str, strength: int | None = None) -> list[str]:
    strength = strength or rng.choice((128, 128, 128, 160, 192, 224, 256, 256))
    source = Mnemonic(language)
    words = source.to_mnemonic(rng.randbytes(strength // 8))
    return words.split(source.delimiter)


def mistype(rng: random.Random, word: str) -> str:
    i = rng.randrange(len(word) - 1)
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return rng.choice(
        (
            word[:i] + word[i + 1 :],
            word[:i] + letter + word[i:],
            word[:i] + letter + word[i + 1 :],
            word[:i] + word[i + 1] + word[i] + word[i + 2 :],
        )
    )


def word_phrases(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield family, layout and text of phrases in words."""
    layouts = WORD_LAYOUTS | CASED_LAYOUTS
    english = Mnemonic("english").wordlist
    while True:
        name = rng.choice(list(layouts))
        yield "english", name, layouts[name](phrase(rng, "english"))
        name = rng.choice(list(WORD_LAYOUTS))
        words = phrase(rng, "english", 128)
        del words[rng.randrange(12)]
        yield "english, 11 of 12", name, WORD_LAYOUTS[name](words)
        words = [rng.choice(english) for _ in range(rng.choice((12, 12, 24, 25)))]
        yield "english, no checksum", name, WORD_LAYOUTS[name](words)
        words = phrase(rng, "english")
        for i in rng.sample(range(len(words)), rng.choice((1, 2))):
            words[i] = mistype(rng, words[i])
        yield "english, mistyped", name, WORD_LAYOUTS[name](words)
        yield (
            "english, 4 letters",
            name,
            WORD_LAYOUTS[name]([w[:4] for w in phrase(rng, "english")]),
        )
        language = rng.choice(SPOKEN)
        yield language, name, WORD_LAYOUTS[name](phrase(rng, language))
        other, length = rng.choice((("slip39", 20), ("slip39", 33), ("monero", 25), ("monero", 13),
                                    ("electrum_old", 12)))  # fmt: skip
        yield other, name, WORD_LAYOUTS[name]([rng.choice(words_of(other)) for _ in range(length)])


def han_phrases(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    while True:
        for language in HAN:
            name = rng.choice(list(HAN_LAYOUTS))
            yield language, name, HAN_LAYOUTS[name](phrase(rng, language))
        language = rng.choice(HAN)
        yield "chinese, unbroken", "unbroken", "".join(phrase(rng, language))
        words = phrase(rng, language, 128)
        yield "chinese, inside, cue", "inside", f"我的助记词{''.join(words)}怎么导入不了"
        yield "chinese, inside, no cue", "inside", f"钱包{''.join(words)}打不开"
        words = phrase(rng, language, 128)
        yield "chinese, in fours", "fours", " ".join("".join(words[i : i + 4]) for i in (0, 4, 8))


def keys(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    def b58c(raw: bytes) -> str:
        return base58.b58encode_check(raw).decode()

    while True:
        secret = rng.randbytes(32)
        yield "wif", "compressed", b58c(b"\x80" + secret + b"\x01")
        yield "wif", "uncompressed", b58c(b"\x80" + secret)
        for version in ("0488ade4", "049d7878", "04b2430c", "04358394"):
            raw = bytes.fromhex(version) + rng.randbytes(41) + b"\0" + secret
            yield "extended key", version, b58c(raw)
        pair = secret + Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        yield "solana", "base58", base58.b58encode(pair).decode()
        yield "solana", "numbers", json.dumps(list(pair))
        yield "hex", "0x, labelled", f"私钥 0x{secret.hex()}"
        yield "hex", "labelled", f"private key: {secret.hex()}"
        yield "keystore", "json", json.dumps({
            "version": 3, "address": rng.randbytes(20).hex(), "crypto": {
                "cipher": "aes-128-ctr", "ciphertext": secret.hex(),
                "cipherparams": {"iv": rng.randbytes(16).hex()}, "kdf": "scrypt",
                "kdfparams": {"dklen": 32, "n": 262144, "p": 1, "r": 8}, "mac": secret.hex()},
        })  # fmt: skip
        seed = base64.b32encode(rng.randbytes(rng.choice((10, 20, 20, 32)))).decode().rstrip("=")
        yield "totp", "uri", f"otpauth://totp/Wenlu:someone?secret={seed}&issuer=Wenlu"
        yield "totp", "labelled", f"谷歌验证器密钥 {seed}"
        groups = " ".join(seed[i : i + 4] for i in range(0, len(seed), 4)).lower()
        yield "totp", "groups", f"2FA setup key {groups}"


def partial(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    cues = ("助记词只记得 {}", "my seed phrase starts with {}", "recovery phrase: {} ...")
    while True:
        words = phrase(rng, "english", 128)[: rng.choice((6, 7, 8))]
        yield "6 to 8 words, labelled", "cue", rng.choice(cues).format(" ".join(words))


def planted(rng: random.Random, count: int) -> list[Planted]:
    sources = [word_phrases(rng), han_phrases(rng), keys(rng)]
    shares = (0.55, 0.2, 0.2)
    texts: list[Planted] = []
    for source, share in zip(sources, shares, strict=True):
        for _ in range(round(count * share)):
            family, layout, text = next(source)
            sentence = rng.choice(SENTENCES)
            if layout == "unbroken" and sentence.startswith(("我的", "I wrote", "換")):
                sentence = "助记词：{}"
            texts.append(Planted(family, layout, sentence.replace("{}", text)))
    short = partial(rng)
    texts += [Planted(*next(short)) for _ in range(count - len(texts))]
    return texts


def article_texts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def plan_questions() -> list[str]:
    plan = ROOT.parent / "shared" / "content" / "content-plan.yml"
    if not plan.exists():
        return []

    def questions(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if str(key).startswith("user_questions_"):
                    yield from value
                else:
                    yield from questions(value)
        elif isinstance(node, list):
            for item in node:
                yield from questions(item)

    return list(questions(yaml.safe_load(plan.read_text(encoding="utf-8"))))


def is_flagged(text: str) -> bool:
    """Look at every part of a long text: `find_secret` alone reads its head and its tail."""
    starts = range(0, max(1, len(text) - 500), 7500)
    return any(find_secret(text[i : i + 8000]) is not None for i in starts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--secrets", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--show", action="store_true", help="print what was missed or flagged")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)

    find_secret("legal winner thank year wave sausage worth useful legal winner thank yellow")
    find_secret("天 地 玄 黄 宇 宙 洪 荒 日 月 盈 昃")  # loads the lists
    counts: dict[str, list[int]] = {}
    for item in planted(rng, arguments.secrets):
        found = find_secret(item.text) is not None
        count = counts.setdefault(item.family, [0, 0])
        count[0] += 1
        count[1] += found
        if not found and arguments.show:
            print(f"missed: {item.family} / {item.layout}: {item.text!r}")
    print(f"{'secret':28}{'made':>7}{'found':>7}{'recall':>9}")
    for family, (made, found_count) in counts.items():
        print(f"{family:28}{made:7}{found_count:7}{found_count / made:9.4f}")
    made, hits = (sum(c[i] for c in counts.values()) for i in (0, 1))
    recall = hits / made
    print(f"{'all':28}{made:7}{hits:7}{recall:9.4f}\n")

    articles = list(article_texts())
    sources = {
        "articles, whole": [text for _, text in articles],
        "articles, paragraphs": [p for _, t in articles for p in t.split("\n\n") if p.strip()],
        "articles, lines": [line for _, t in articles for line in t.splitlines() if line.strip()],
        "plan questions": plan_questions(),
    }
    for path in arguments.texts:
        sources[path.name] = path.read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"{'ordinary text':28}{'texts':>7}{'blocked':>9}{'asked':>7}{'share':>10}{'ms each':>9}")
    worst = 0.0
    in_articles = 0
    for name, texts in sources.items():
        if not texts:
            continue
        started = time.perf_counter()
        flagged = [t for t in texts if is_flagged(t)]
        took_ms = (time.perf_counter() - started) / len(texts) * 1000
        asked = sum(map(is_ambiguous_hex, texts))
        share = len(flagged) / len(texts)
        print(f"{name:28}{len(texts):7}{len(flagged):9}{asked:7}{share:10.5f}{took_ms:9.3f}")
        if arguments.show:
            print(*(f"flagged: {t[:300]!r}" for t in flagged), sep="\n")
        worst = max(worst, share)
        in_articles += len(flagged) if name.startswith("articles") else 0
    return int(recall < RECALL_TARGET or worst > FALSE_ALARM_TARGET or in_articles > 0)


if __name__ == "__main__":
    sys.exit(main())
