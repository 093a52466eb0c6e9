"""Recognises transaction hashes and addresses in a query and puts words in their place.

Nobody's question is answered by the digits of a hash; that there *is* a hash tells a lot. It knows
no network and checks no checksum: keys are found before, by `search_index.secrets`. Pure.
"""

from __future__ import annotations

import re

# Normalised text is in lower case, so base58 has lost its own.
_TRANSACTION = (
    r"https?://[^\s/]+/\S*?(?:tx|transaction)s?/\S+",  # a link to an explorer
    r"0x[0-9a-f]{64}",
    r"[0-9a-f]{64}",
    r"[1-9a-z]{86,88}",  # signature of a Solana transaction
)
_ADDRESS = (
    r"https?://[^\s/]+/\S*?(?:address|account)/\S+",
    r"0x[0-9a-f]{40}",
    r"t[1-9a-z]{33}",
    r"(?:bc|ltc|tb)1[02-9ac-hj-np-z]{11,87}",
    r"[13][1-9a-z]{25,34}",
    r"[1-9a-z]{32,44}",
)
_BORDERS = r"(?<![0-9a-z])(?:{})(?![0-9a-z])"
_FIND_TRANSACTION = re.compile(_BORDERS.format("|".join(_TRANSACTION)))
_FIND_ADDRESS = re.compile(_BORDERS.format("|".join(_ADDRESS)))
_LONG_ENOUGH = re.compile(r"[0-9a-z]{14}|://")  # what all of them hold, and few queries do
_LEAST_DIGITS = 3  # a long word has none
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z]{2,}")

_WORDS = {"zh": ("交易哈希", "地址"), "en": ("transaction hash", "address")}
_ALONE = ("用交易哈希txid在区块浏览器查转账状态", "在区块浏览器查看钱包地址")
"""What somebody asks who pastes nothing else."""


def describe_references(normalised: str) -> str:
    """Return the text with each hash and each address named instead of spelt out.

    Args:
        normalised: what `search_index.analyzer.normalise` returned.
    """
    if not _LONG_ENOUGH.search(normalised):
        return normalised
    without = _FIND_TRANSACTION.sub(" ", normalised)
    has_transaction = without != normalised
    rest = _FIND_ADDRESS.sub(lambda m: m[0] if not _is_address(m[0]) else " ", without)
    if rest == normalised:
        return normalised
    han = bool(_HAN.search(rest))
    if not han and not _WORD.search(rest):
        return _ALONE[0 if has_transaction else 1]
    transaction, address = _WORDS["zh" if han else "en"]
    named = _FIND_TRANSACTION.sub(f" {transaction} ", normalised)
    named = _FIND_ADDRESS.sub(lambda m: f" {address} " if _is_address(m[0]) else m[0], named)
    return " ".join(named.split())


def _is_address(text: str) -> bool:
    return text.startswith("http") or sum(c.isdigit() for c in text) >= _LEAST_DIGITS
