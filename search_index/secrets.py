"""Find recovery phrases, keys and personal numbers in a text before it is searched or stored.

It decides only; what is done about a secret is the caller's business. Texts and finds are never
logged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search_index.secret_rules.folding import Folded, fold, has_invisible
from search_index.secret_rules.han import find_han_phrase
from search_index.secret_rules.keys import find_key, unlabelled_hex
from search_index.secret_rules.phrases import find_phrase

Kind = Literal["recovery_phrase", "private_key", "extended_key", "keystore", "totp_secret"]

LONGEST_LOOKED_AT = 8_000
"""Characters of one text that are looked at: half from its head, half from its tail."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What was found, and where in the text as it was given."""

    kind: Kind
    start: int
    end: int


def find_secret(text: str) -> Secret | None:
    """Return the first secret in ``text``: such a text must not be searched, stored or sent.

    Takes any string: lone surrogates, control characters, full-width letters. Of a text longer
    than `LONGEST_LOOKED_AT` the head and the tail are read.
    """
    if len(text) <= LONGEST_LOOKED_AT:
        return _find(text)
    half = LONGEST_LOOKED_AT // 2
    found = _find(text[:half])
    if found is not None:
        return found
    found = _find(text[-half:])
    moved = len(text) - half
    return found and Secret(found.kind, found.start + moved, found.end + moved)


def is_ambiguous_hex(text: str) -> bool:
    """Return whether ``text`` has 64 hex digits that may be a key or a transaction hash.

    Such a text is asked about, not blocked. The nearest context word decides ("private key",
    "hash"); without one it is ambiguous.
    """
    return unlabelled_hex(fold(text[:LONGEST_LOOKED_AT])) is not None


def _find(text: str) -> Secret | None:
    found = _find_in(fold(text))
    if found is None and has_invisible(text):
        found = _find_in(fold(text, invisible=" "))
    return found


def _find_in(folded: Folded) -> Secret | None:
    key = find_key(folded)
    if key is not None:
        return Secret(key[0], *folded.original_span(*key[1:]))
    span = find_phrase(folded) or find_han_phrase(folded)
    return span and Secret("recovery_phrase", *folded.original_span(*span))
