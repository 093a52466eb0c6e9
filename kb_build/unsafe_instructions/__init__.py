"""Finds sentences that tell readers to hand over a secret or a device; knows no article.

Made from sentences, not from a grammar: `tests/scenarios/content/KB080-unsafe-instruction.yml`
holds those that it finds, those that it must leave alone, and those that it is known to miss.
None of the articles of this repository is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from kb_build.unsafe_instructions import en, zh

_LANGUAGES: dict[str, ModuleType] = {"zh": zh, "en": en}


@dataclass(frozen=True, slots=True)
class Unsafe:
    """A sentence that must not stand in an article.

    Attributes:
        start: where it begins in the text, in characters.
        sentence: without surrounding space.
    """

    start: int
    sentence: str


@lru_cache(maxsize=16384)  # a preview checks every article again after each edit
def find_unsafe(text: str, lang: str, *, restoring: bool = False) -> tuple[Unsafe, ...]:
    """Return the sentences of ``text`` that ask for a secret or for control of a device.

    Args:
        text: plain text of one paragraph, list item or table cell.
        lang: ``zh`` or ``en``.
        restoring: the text before is about restoring a wallet; then a phrase may be typed.
    """
    rules = _LANGUAGES[lang]
    found, said = [], ""
    for match in rules.SENTENCE.finditer(text):
        sentence = match[0].strip()
        restoring = restoring or speaks_of_restoring(sentence, lang)
        is_question = rules.QUESTION.search(sentence) is not None
        if not is_question and rules.orders_handover(sentence, said, restoring):
            found.append(Unsafe(match.start() + match[0].index(sentence[0]), sentence))
        said = sentence
    return tuple(found)


def asks_for_list(text: str, lang: str) -> bool:
    """Tell whether ``text`` asks for the items of the list below it."""
    rules = _LANGUAGES[lang]
    return bool(rules.LIST_LEAD.search(text)) and not rules.LIST_REFUSAL.search(text)


def is_listed_secret(item: str, lang: str) -> bool:
    """Tell whether an item of such a list is itself a secret."""
    return bool(_LANGUAGES[lang].LISTED_SECRET.match(item.strip()))


def speaks_of_restoring(text: str, lang: str) -> bool:
    """Tell whether ``text`` is about restoring a wallet, where its owner may type the phrase."""
    return bool(_LANGUAGES[lang].RESTORING.search(text))
