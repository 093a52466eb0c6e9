"""Make the word data of the secret guard; run by hand when a list changes, the results are kept.

Needs what the guard itself never needs: jieba (word frequencies, MIT), opencc, the tokenizer of
multilingual-e5 (unigram log probabilities, MIT) and the two packages whose lists `mnemonic` lacks.

    python tools/make_secret_data.py TOKENIZER_JSON MONERO_ENGLISH_PY SLIP39_TXT ELECTRUM_OLD_TXT
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from itertools import takewhile
from pathlib import Path

import jieba
from mnemonic import Mnemonic
from rapidfuzz import process
from rapidfuzz.distance import OSA

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "search_index" / "secret_rules"
BROWSER = ROOT / "kb_build" / "theme" / "assets" / "kb"

COMMON_LOG_PROBABILITY = -12.5
"""A list word more probable than this is ordinary; 608 of the 2,048 are."""
STOP_LOG_PROBABILITY = -11.5
"""A word on no list more probable than this is never taken for a mistyped list word."""
DOMAIN_COUNT = 3
"""A list word this frequent in our own articles is ordinary too: token, seed, phrase, verify."""
PAIR_FREQUENCY = 20
"""A two-character sequence is common when jieba's words that hold it occur this often together."""
HEADER = """\
/**
 * Word lists of BIP-39, for secret-guard.js only. Made by tools/make_secret_data.py from the lists
 * of python-mnemonic (MIT, Copyright (c) 2013 Pavol Rusnak, 2017 mruddy): permission is granted
 * to use, copy, modify and distribute them as long as this notice is kept; no warranty.
 */
"""


def main(tokenizer: str, monero: str, slip39: str, electrum_old: str) -> None:
    bip39 = Mnemonic("english").wordlist
    lists = {
        "slip39": Path(slip39).read_text().split(),
        "monero": re.findall(r'"([a-z]+)"', Path(monero).read_text()),
        "electrum_old": Path(electrum_old).read_text().split(),
    }
    for name, words in lists.items():
        (DATA / f"{name}.txt").write_text("\n".join(words) + "\n")
    everything = set(bip39).union(*lists.values())
    ordinary = ordinary_words(tokenizer, everything)
    (DATA / "ordinary_english.txt").write_text("\n".join(sorted(ordinary)) + "\n")
    pairs = common_pairs()
    (DATA / "han_pairs.txt").write_text(
        "".join(f"{first}{''.join(sorted(pairs[first]))}\n" for first in sorted(pairs)),
        encoding="utf-8",
    )
    write_browser_words(bip39, ordinary)
    print(len(ordinary), "ordinary words;", sum(map(len, pairs.values())), "common pairs")


def ordinary_words(tokenizer: str, listed: set[str]) -> set[str]:
    vocabulary = dict(json.loads(Path(tokenizer).read_text())["model"]["vocab"])

    def log_probability(word: str) -> float:
        return max(vocabulary.get(f"▁{form}", -99.0) for form in (word, word.capitalize()))

    articles = " ".join(p.read_text().lower() for p in (ROOT / "docs" / "en").rglob("*.md"))
    used = Counter(re.findall("[a-z]+", articles))
    ordinary = {w for w in listed if log_probability(w) > COMMON_LOG_PROBABILITY}
    ordinary |= {w for w in listed if used[w] >= DOMAIN_COUNT}
    candidates = {k[1:].lower() for k, p in vocabulary.items() if p > STOP_LOG_PROBABILITY}
    ordinary |= {w for w in candidates if len(w) > 2 and used[w]}
    ordinary |= {w for w in used if used[w] >= DOMAIN_COUNT and len(w) > 2}
    return ordinary


def common_pairs() -> dict[str, set[str]]:
    """Return, for each list character (simplified), the list characters that often follow it."""
    characters = set(Mnemonic("chinese_simplified").wordlist)
    counts: Counter[str] = Counter()
    for line in Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines():
        word, frequency, _ = line.split(" ")
        for i in range(len(word) - 1):
            counts[word[i : i + 2]] += int(frequency)
    pairs: dict[str, set[str]] = defaultdict(set)
    for pair, count in counts.items():
        if count >= PAIR_FREQUENCY and pair[0] in characters and pair[1] in characters:
            pairs[pair[0]].add(pair[1])
    return pairs


def write_browser_words(words: list[str], ordinary: set[str]) -> None:
    """Write the English list, ordinary words capitalised, and the two Chinese ones."""
    near = sorted(w for w in ordinary - set(words) if is_near_list(w, words))
    (BROWSER / "secret-guard-words.js").write_text(
        f"""{HEADER}
/**
 * The English list, each word as the number of letters it shares with the one before and the rest.
 * A capital marks a word of ordinary English, which proves little.
 */
export const WORDS =
{wrapped(front_coded(words, ordinary), "")}

/** Ordinary words that only look like mistyped or shortened list words. */
export const NOT_MISTYPED =
{wrapped(near)}
""",
        encoding="utf-8",
    )
    simplified = Mnemonic("chinese_simplified").wordlist
    traditional = Mnemonic("chinese_traditional").wordlist
    others = ["." if s == t else t for s, t in zip(simplified, traditional, strict=True)]
    (BROWSER / "secret-guard-han.js").write_text(
        f"""{HEADER}
/** The simplified list in its order. */
export const SIMPLIFIED =
{wrapped(simplified, "", 80)}

/** The traditional list in the same order; a full stop where the character is the same. */
export const TRADITIONAL =
{wrapped(others, "", 80)}
""",
        encoding="utf-8",
    )


def front_coded(words: list[str], ordinary: set[str]) -> list[str]:
    coded = []
    for before, word in zip(["", *words], words, strict=False):
        same = takewhile(lambda pair: pair[0] == pair[1], zip(before, word, strict=False))
        shared = sum(1 for _ in same)
        rest = word[shared:]
        coded.append(f"{shared}{rest.capitalize() if word in ordinary else rest}")
    return coded


def is_near_list(word: str, words: list[str]) -> bool:
    if word in {w[:4] for w in words}:
        return True
    return process.extractOne(word, words, scorer=OSA.distance, score_cutoff=1) is not None


def wrapped(items: list[str], glue: str = " ", width: int = 95) -> str:
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) + 1 > width:
            lines.append("")
        lines[-1] += item + glue
    lines[-1] = lines[-1].rstrip(" ") if glue else lines[-1]
    return " +\n".join(f'  "{line}"' for line in lines) + ";"


if __name__ == "__main__":
    main(*sys.argv[1:])
