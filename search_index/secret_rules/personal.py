"""Find card numbers, ID numbers, e-mail addresses and phone numbers, to mask in what is stored.

It knows nothing of wallet secrets; none of its finds stops a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import luhn
from stdnum.cn import ric

Found = tuple[str, int, int]

_EMAIL = re.compile(r"[A-Za-z0-9_.+%-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
_CN_ID = re.compile(r"(?<![0-9A-Za-z])\d{6}(?:[ -]?\d){8}[ -]?\d{3}[\dXx](?![0-9A-Za-z])")
_TW_ID = re.compile(r"(?<![0-9A-Za-z])[A-Za-z][1289]\d{8}(?![0-9A-Za-z])")
_HK_ID = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{1,2}\d{6} ?[(（]?[\dAa][)）]?(?![0-9A-Za-z])")
# Thirteen digits are left out: order numbers and times in milliseconds have as many.
_CARD = re.compile(r"(?<![0-9A-Za-z.])[2-6]\d{3}(?:[ -]?\d){10,15}(?![0-9A-Za-z])")
_SEVEN_DIGITS = re.compile(r"(?:\d[\s().-]*){7}")
_PHONE_REGIONS = ("CN", "TW")
"""Numbers without a country code are read as these; HK's eight digits look like any number."""
_TW_LETTERS = {c: i for i, c in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", 10)}


def find_personal(text: str) -> Iterator[Found]:
    """Yield name and place of what identifies a person in ``text`` (NFKC)."""
    for match in _EMAIL.finditer(text):
        yield "e-mail", *match.span()
    if not _SEVEN_DIGITS.search(text):
        return
    for pattern, is_valid in ((_CN_ID, _is_cn_id), (_TW_ID, _is_tw_id), (_HK_ID, _is_hk_id)):
        for match in pattern.finditer(text):
            if is_valid(match.group()):
                yield "ID number", *match.span()
    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub("[ -]", "", match.group())):
            yield "card number", *match.span()
    for region in _PHONE_REGIONS:
        for number in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
            yield "phone", number.start, number.end


def _is_cn_id(text: str) -> bool:
    return bool(ric.is_valid(re.sub("[ -]", "", text)))


def _is_tw_id(text: str) -> bool:
    """Check a Taiwanese ID number. Source: the letter's number and nine digits, weights 1 9 … 1."""
    letter = _TW_LETTERS[text[0].upper()]
    digits = [letter // 10, letter % 10, *map(int, text[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


def _is_hk_id(text: str) -> bool:
    """Check a Hong Kong ID number. Source: weights 9 … 1, letters from A = 10, space = 36."""
    characters = re.sub("[ ()（）]", "", text).upper().rjust(9)
    values = [36 if c == " " else int(c, 36) for c in characters]
    return sum(v * w for v, w in zip(values, range(9, 0, -1), strict=True)) % 11 == 0
