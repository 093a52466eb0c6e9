"""The word lists of recovery phrases: BIP-39 in every language, SLIP-39, Monero, Electrum.

It knows which list a word is on and whether it is an ordinary English word, nothing of texts.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from importlib import resources

from mnemonic import Mnemonic
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search_index.secret_rules.folding import fold

ENGLISH = "english"
PREFIXES = "english_prefixes"
"""The first four letters, which are unique in BIP-39: what is stamped into steel plates."""
_OTHER_LISTS = ("slip39", "monero", "electrum_old")
_HAN_LISTS = frozenset({"chinese_simplified", "chinese_traditional"})
PHRASE_LENGTHS = frozenset({12, 15, 18, 21, 24})


def read_data(name: str) -> str:
    """Return the data file ``name`` of this package."""
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


@cache
def list_names() -> tuple[str, ...]:
    """Return the lists in the order of the bits of `lists_of_word`; English first."""
    spoken = [n for n in Mnemonic.list_languages() if n not in _HAN_LISTS and n != ENGLISH]
    return (ENGLISH, PREFIXES, *_OTHER_LISTS, *sorted(spoken))


@cache
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a list, folded."""
    if name in _OTHER_LISTS:
        return tuple(read_data(f"{name}.txt").split())
    if name == PREFIXES:
        return tuple(word[:4] for word in words_of(ENGLISH))
    return tuple(fold(word).lower for word in Mnemonic(name).wordlist)


@cache
def lists_of_word() -> dict[str, int]:
    """Return, for each word, the set of its lists as bits in the order of `list_names`."""
    table: dict[str, int] = {}
    for bit, name in enumerate(list_names()):
        for word in words_of(name):
            table[word] = table.get(word, 0) | 1 << bit
    for word in words_of(ENGLISH):
        table[word] |= 1 << list_names().index(PREFIXES)  # short words are not cut
    return table


@cache
def ordinary_words() -> frozenset[str]:
    """Return English words too common to tell a phrase by."""
    return frozenset(read_data("ordinary_english.txt").split())


@lru_cache(maxsize=2048)
def mistyped(word: str, name: str) -> bool:
    """Return whether ``word`` is one slip of the finger from a word of the list ``name``."""
    if not 3 <= len(word) <= 14 or word in ordinary_words():
        return False
    return process.extractOne(word, words_of(name), scorer=OSA.distance, score_cutoff=1) is not None


@cache
def _positions(name: str) -> dict[str, int]:
    return {word: i for i, word in enumerate(words_of(name))}


def whole_phrase(words: list[str], name: str) -> bool:
    """Return whether ``words`` are a BIP-39 phrase of the list ``name``, checksum included."""
    if name in _OTHER_LISTS or name == PREFIXES:
        return False
    positions = _positions(name)
    return checksum_holds([positions.get(word, -1) for word in words])


def checksum_holds(indices: list[int]) -> bool:
    """Return whether list positions make a BIP-39 phrase; one of 16 random dozens does.

    Source: BIP-39, "Generating the mnemonic": the last n/3 bits repeat the SHA-256 of the rest.
    """
    if len(indices) not in PHRASE_LENGTHS or min(indices) < 0:
        return False
    check_bits = len(indices) // 3
    number = 0
    for index in indices:
        number = number << 11 | index
    entropy = (number >> check_bits).to_bytes(check_bits * 4, "big")
    digest = hashlib.sha256(entropy).digest()
    return digest[0] >> (8 - check_bits) == number & ((1 << check_bits) - 1)
