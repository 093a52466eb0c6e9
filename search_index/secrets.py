"""Find recovery phrases, keys and personal numbers in a text before it is searched or stored.

It decides only; what is done about a secret is the caller's business. Texts and finds are never
logged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from search_index.secret_rules.folding import Folded, fold, has_invisible
from search_index.secret_rules.han import find_han_part, find_han_phrase
from search_index.secret_rules.keys import find_hex, find_key, unlabelled_hex
from search_index.secret_rules.personal import find_personal
from search_index.secret_rules.phrases import find_part, find_phrase

Kind = Literal["recovery_phrase", "private_key", "extended_key", "keystore", "totp_secret"]

LONGEST_LOOKED_AT = 8_000
"""Characters of one text that are looked at: half from its head, half from its tail."""

_MASKS: dict[Kind, str] = {
    "recovery_phrase": "recovery phrase",
    "private_key": "private key",
    "extended_key": "extended key",
    "keystore": "keystore",
    "totp_secret": "2FA secret",
}
_MOST_ROUNDS = 50
"""A text with more secrets than this is withheld whole."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What was found, and where in the text as it was given."""

    kind: Kind
    start: int
    end: int


def find_secret(text: str) -> Secret | None:
    """Return the first secret in ``text``: such a text must not be searched, stored or sent.

    Takes any string: lone surrogates, control characters, full-width letters. Of a text longer
    than `LONGEST_LOOKED_AT` the head and the tail are read. The first call loads the word lists,
    which takes a tenth of a second.
    """
    for offset, part in _parts(text):
        found = _find(part)
        if found is not None:
            return Secret(found.kind, offset + found.start, offset + found.end)
    return None


def is_ambiguous_hex(text: str) -> bool:
    """Return whether ``text`` has 64 hex digits that may be a key or a transaction hash.

    Such a text is asked about, not blocked. The nearest context word decides ("private key",
    "hash"), or the address of an explorer; without one it is ambiguous.
    """
    return any(unlabelled_hex(fold(part)) is not None for _, part in _parts(text))


def is_partial_phrase(text: str) -> bool:
    """Return whether ``text`` may be a recovery phrase of which only a part is typed yet.

    Such a text is asked about, not blocked: mostly six or more words of a list without any label,
    or six or more single Han characters kept apart.
    """
    return any(
        find_part(folded, least_share=0.6) is not None or find_han_part(folded) is not None
        for folded in (fold(part) for _, part in _parts(text))
    )


def redact(text: str) -> str:
    """Return ``text`` with everything masked that must not be stored, whatever its length.

    Secrets, 64 hex digits, parts of phrases, card and ID numbers, e-mail addresses and phone
    numbers become ``[recovery phrase]``, ``[private key]``, ``[64 hex digits]``,
    ``[card number]`` and so on. Masking a masked text changes nothing.
    """
    for _ in range(_MOST_ROUNDS):
        finds = _to_mask(text)
        if not finds:
            return text
        for name, start, end in sorted(finds, key=lambda find: find[1], reverse=True):
            text = f"{text[:start]}[{name}]{text[end:]}"
    return "[withheld]"


def _to_mask(text: str) -> list[tuple[str, int, int]]:
    """Return names and places of what to mask next; the places do not overlap."""
    secret = _find(text)
    if secret is not None:
        return [(_MASKS[secret.kind], secret.start, secret.end)]
    folded = fold(text)
    part = find_part(folded) or find_han_part(folded)
    found = [(_MASKS["recovery_phrase"], *part)] if part else []
    found += [("64 hex digits", start, end) for start, end in find_hex(folded.plain)]
    found += find_personal(folded.plain)
    apart: list[tuple[str, int, int]] = []
    for name, start, end in found:
        start, end = folded.original_span(start, end)
        if all(end <= other_start or other_end <= start for _, other_start, other_end in apart):
            apart.append((name, start, end))
    return apart


def _parts(text: str) -> Iterator[tuple[int, str]]:
    if len(text) <= LONGEST_LOOKED_AT:
        yield 0, text
    else:
        half = LONGEST_LOOKED_AT // 2
        yield 0, text[:half]
        yield len(text) - half, text[-half:]


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
