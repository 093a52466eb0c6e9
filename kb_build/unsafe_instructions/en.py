"""Recognises an English sentence that orders readers to hand over a secret or a device.

No parser: lists of verbs, secrets, recipients and places, and the ways in which a sentence that
holds them is harmless after all (it forbids, reports what others ask, tells what has happened …).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kb_build.unsafe_instructions.patterns import any_of, ignoring_case

_PHRASE = any_of(
    r"""(?:recovery|seed|secret|backup|mnemonic) (?:phrase|words?), phrases?, mnemonic, seed,
    (?:12|24|twelve|twenty-four|all|your|the|these|those) words, recovery (?:card|sheet),
    (?:private|secret) keys?, key ?store(?: file)?, passphrase"""
)
_CODE = any_of("passwords?, passcodes?, PINs?, CVV, OTPs?, codes?")
_SECRET = rf"\b(?:{_PHRASE}|{_CODE})\b"
_HAS_SECRET = ignoring_case(_SECRET)
# Codes that are no secret, and what only sounds like one.
_NO_SECRET = ignoring_case(
    r"\b(?:payment|receiving|QR|error|invitation|referral|country|area|dialling|promo|reason"
    r"|status|anti-phishing|reference|bar|source|zip|post(?:al)?|swift|bank|region) codes?\b"
    r"|\bpasswords? (?:reset|manager|hint)s?\b|\b(?:forgot|reset) password\b"
)
_RECIPIENT = any_of(
    r"""us, our, support, agents?, staff, operators?, technicians?, engineers?, specialists?,
    experts?, admins?, administrators?, representatives?, managers?, team, employees?, help ?desk,
    advis[eo]rs?, officers?, callers?, them, him, her"""
)
_CHANNEL = any_of(
    r"""chat, tickets?, e-?mail, messages?, reply, DM, survey, comments?, Telegram, WhatsApp,
    WeChat, Discord, group"""
)
_PLACE = any_of(
    f"{_CHANNEL}, request, form, web ?site, web ?page, page (?:below|above), link, attachment"
)
_IN = r"\b(?:in|into|to|via|by|on|at)\b"
_IN_CHANNEL = ignoring_case(rf"{_IN} [^,;]*\b{_CHANNEL}\b")
_ON_THE_WEB = ignoring_case(rf"\b(?:{_PLACE}|site|[a-z-]+\.(?:com|org|net|io|example))\b")
_PRETEXT = ignoring_case(
    r"\b(?:verify(?! backup)|verification|validat\w+|synchron\w+|sync|activat\w+|claim\w*|airdrop"
    r"|unlock\w*|unfreez\w+|upgrad\w+|authenticat\w+|rectif\w+|withdraw\w*|refunds?|bonus|rewards?)\b"
)
_CONTROL = (
    r"(?:\bremote(?:ly)? (?:control|access|sessions?|support|assistance|desktop|connections?)"
    r"|\bconnects? remotely|\bscreen[- ]?shar\w+|\bcontrol (?:of|over) (?:your|the))"
)
_TOOL = (
    r"(?:\b(?:any ?desk|team ?viewer|to ?desk|rust ?desk|quick assist)\b"
    r"|\bremote[- ](?:control|access|desktop|support)\b[\w ]*\b(?:app|tool|software|program)\b)"
)
_GIVE = any_of(
    r"""give, tell, send, share, provide, submit, upload, forward, dictate, disclose, reveal,
    hand(?: over)?, attach, supply, transmit, communicate, relay, recite, enclose,
    (?:reply|respond) [^,;]*?with, pass(?: on)?,
    read (?:out|aloud), spell out, say aloud,
    (?:e-?mail|mail|message|text)(?= (?:us|your|the|it|them|a|me|support)\b)"""
)
_GIVE_TO = any_of(
    r"""show, read, write, copy, include, photograph, scan, state, quote, mention, say, present,
    post, put, spell, save, keep"""
)
_GIVING = any_of(
    r"""giving, telling, sending, sharing, providing, submitting, uploading, forwarding, entering,
    typing, pasting, reading out, handing over, showing"""
)
_TYPE = any_of("enter, type, input, paste, fill in, key in, import, put in")
_VERB = rf"(?:{_GIVE}|{_GIVE_TO}|{_TYPE})"
_TO_RECIPIENT = rf"\b(?:to|with|for|at) (?:[\w'-]+ ){{0,3}}?{_RECIPIENT}\b"
_ON_THE_PHONE = r"\b(?:when you call|on the phone|by phone|over the phone|hotline)\b"
_IN_PLACE = rf"{_IN} (?:[\w'-]+ ){{0,4}}?{_PLACE}\b"

# A verb, and what it needs after it.
_ACTS = [
    (ignoring_case(verb), ignoring_case(needs))
    for verb, needs in (
        (rf"\b{_GIVE}\b", rf"^.{{0,90}}?{_SECRET}"),
        (
            rf"\b{_GIVE_TO}\b",
            rf"{_SECRET}.*(?:{_TO_RECIPIENT}|{_IN_PLACE}|{_ON_THE_PHONE})|{_TO_RECIPIENT}.*{_SECRET}",
        ),
        (
            r"\b(?:allow|accept|grant|permit|approve|enable|start|join|agree to|authori[sz]e|let"
            r"|give|turn on|switch on|request)\b",
            _CONTROL,
        ),
        (r"\bshare\b", r"^ (?:your|the)\b[\w ]{0,12}\bscreen\b"),
        (r"\bstart\b", r"^ (?:a|the) screen shar"),
        (
            r"\b(?:install|download|open|run|launch|start|use|get)\b",
            rf"^[^,;]{{0,30}}?{_TOOL}",
        ),
        (
            r"\b(?:let|allow)\b",
            rf"^[^,;]*\b{_RECIPIENT}\b[^,;]*"
            r"\b(?:control|access|connect to|take over|operate|see|view|watch)\b"
            rf"[^,;]*(?:\b(?:computer|phone|device|screen)\b|{_SECRET})",
        ),
    )
]
_HANDING = ignoring_case(rf"\b(?:{_GIVE}|{_GIVE_TO})\b")
_TYPING = ignoring_case(rf"\b{_TYPE}\b")
_A_PHRASE = ignoring_case(rf".{{0,60}}?\b{_PHRASE}\b")
_A_CODE = ignoring_case(rf".{{0,60}}?\b{_CODE}\b")
# Whole clauses that ask, whoever their subject is.
_ASKS = [
    ignoring_case(pattern)
    for pattern in (
        rf"^(?:so |because |then )?(?:we|support|(?:our|the) (?:\w+ ){{0,2}}?(?:{_RECIPIENT}|bot))"
        r"(?: will| may| might)?"
        rf" (?:need|require|want)s? (?:also )?(?:your|the|a) [^,;]{{0,30}}?{_SECRET}",
        rf"^(?:(?:your|the) )?[^,;]{{0,12}}{_SECRET}[^,;]{{0,12}}"
        r" (?:must|should|has to|have to|needs? to|can) be (?:sent|submitted|provided|given|shared"
        r"|shown|told|disclosed|uploaded|forwarded|attached|handed|revealed)\b",
        rf"^(?:.* and )?(?:log|sign) in (?:with|using) (?:your|the) {_PHRASE}\b",
        rf"^fill (?:in|out) (?:the|a|our|this) [\w ]*{_PLACE}\b[^,;]* with [^,;]*{_SECRET}",
    )
]
_BY_GIVING = ignoring_case(rf"\bby {_GIVING}\b[^,;]*?{_SECRET}")
# Without an object: what was spoken of before is handed over, or agreed to.
_COMPLY = ignoring_case(
    r"^(?:please |then |just |simply |you can |you should )*"
    r"(?:tell|give|provide|send|share|read|dictate|accept|agree|comply|do so|approve|confirm)\b"
    rf"(?: (?:it|them|that|this|so|to|out|with|{_RECIPIENT}|the|request))*\W*$"
)
_IT_TO_RECIPIENT = ignoring_case(
    r"^ (?:it|them|this|that)(?: (?:out|over|on))? (?:to|with) "
    rf"(?:[\w'-]+ ){{0,3}}?{_RECIPIENT}\b"
    rf"|^ (?:[\w'-]+ ){{0,3}}?{_RECIPIENT} (?:[\w'-]+ ){{0,2}}?"
    r"(?:photo|picture|copy|screenshot) of it\b"
)
_SPOKEN_OF = ignoring_case(f"{_SECRET}|{_CONTROL}")
_RELEVANT = ignoring_case(f"{_SPOKEN_OF.pattern}|{_TOOL}|screen|computer|phone|device")

# What makes a clause harmless.
_NO_DENIAL = ignoring_case(
    r"\b(?:do not|don't|please do not|no need to) (?:worry|hesitate|be afraid|panic|forget)"
    r"(?: (?:about \w+|to))?|\bno problem\b|\bnot (?:only|yet)\b|\bif not\b"
    r"|\b(?:did|does|has|have|is|was|do|are)(?: not|n't) "
    r"(?:arrive|work|open|show|appear|see|have|get|receive)\w*"
)
_DENIAL = ignoring_case(
    r"\b(?:never|not|nobody|no one|none|cannot|avoid|refuse|without|stop|instead of|rather than"
    r"|neither|nor|unless|whether"
    r"|no (?:support|agent|real|genuine|employee|legitimate|official|member|bank)\w*)\b|n't\b"
)
_TO_NOBODY = ignoring_case(
    r"^ (?:no|nothing|none|nobody|no one|neither|only the TxID)\b"
    r"|\b(?:to|with) (?:nobody|no one|none)\b"
    r"|\b(?:anyone|anybody|someone|somebody|strangers?|others|scammers?|thie(?:f|ves)|criminals?)\b"
)
_LEFT_OUT = ignoring_case(
    r"\b(?:without|never|not|no|nor|except|excluding|instead of|rather than|but not)\b[^,;]*"
)
_HEARSAY = (
    r"\b(?:ask|tell|told|want|urge|trick|persuade|instruct|requir|request|invit|pressur|get|forc"
    r"|need|expect|advis|make|lur)\w* (?:you|users?|people|victims?|them|customers?)(?: to| into)?"
)
_ENDS_IN_HEARSAY, _HAS_HEARSAY = ignoring_case(rf"{_HEARSAY}$"), ignoring_case(_HEARSAY)
_OURS = ignoring_case(r"\b(?:we|our|support|agents?|staff|technicians?|operators?|team)\b")
_WARNING = ignoring_case(
    r"\b(?:scam\w*|fraud\w*|fake|phish\w*|refuse|hang up|report|never|do not|don't|stop|close"
    r"|leak\w*|stolen|lose)\b"
)
_IF_YOU = ignoring_case(r"\b(?:if|once|as soon as) you(?: \w+)?$")
_GAIN = ignoring_case(r"\b(?:we|our|support|agents?|team) (?:can|will|could)\b")
_FURTHER_OR = ignoring_case(rf"^(?:or|nor)\b|\b(?:or|nor) {_VERB}\b")
_JOINS = ignoring_case(r"\b(?:or|and)\b")

# What stands before a verb that is an order.
_ADVERBS = ignoring_case(
    r"(?:\b(?:please|just|simply|then|now|first|also|next|always|kindly|immediately|directly"
    r"|quickly|finally|afterwards|instead)\b[\s,]*)+$"
)
_MODAL = ignoring_case(
    r"\b(?:must|should|can|may|might|could|will|shall|have to|need to|needs to|required to"
    r"|asked to|ready to|able to|sure to|free to|is to|are to|possible to|necessary to|want to"
    r"|like to|better to|best to)$"
)
_STRANGER = ignoring_case(
    r"\b(?:they|he|she|scam\w*|fraud\w*|attackers?|criminals?|thie\w+|hackers?|fake|someone"
    r"|somebody|anyone|whoever|who|malware|caller)\b"
)
_NO_ORDER = ignoring_case(
    r"^\W*(?:they|he|she|it|we|i|someone|somebody|anyone|anybody|everyone|nobody|who\w*|people"
    r"|others|some|many|the|a|an|this|that|these|those|scam\w*|fraud\w*|attackers?|criminals?"
    r"|thie\w+|hackers?|fake|real|genuine|if|when|while|because|once|after|before|unless|you|your"
    r"|our|support|victims?|users)\b"
)
_PLACE_FIRST = ignoring_case(
    r"^(?:in|on|at|via|under|during|inside|through|over|using) [\w\s'-]{1,40}$"
)
_JOINED = ignoring_case(r"^(.*\S)\s+(?:and|or|then|so|but)$")
_THING = ignoring_case(
    r"(?:and |or )?(?:(?:your|the|a|an|any|full|new|all|both)\b|[\w'-]+(?: [\w'-]+){0,2}$)"
)


def orders_handover(sentence: str, said: str, restoring: bool) -> bool:
    """Tell whether a sentence orders readers to hand something over.

    Args:
        sentence: one sentence, no question.
        said: the sentence before it.
        restoring: it is about restoring a wallet; then a phrase may be typed.
    """
    if not _RELEVANT.search(f"{said} {sentence}"):
        return False
    sentence = _NO_SECRET.sub("it", sentence).rstrip(".! ")
    clauses = [c.strip() for c in re.split(r"[,;:—–()]+|\s-\s", sentence) if c.strip()]
    return any(
        not _is_harmless(clauses, number, start, end)
        for number in range(len(clauses))
        for start, end in _acts(clauses, number, said, restoring)
    )


def _acts(
    clauses: Sequence[str], number: int, said: str, restoring: bool
) -> Iterator[tuple[int, int]]:
    """Yield start and end of the verbs by which a clause hands something over."""
    clause, before = clauses[number], [said, *clauses[:number]]
    mentioned = " ".join(before)
    further = _further_things(clauses[number + 1 :])
    place = f" {before[-1]}" if _PLACE_FIRST.match(before[-1]) else ""

    def rest(match: re.Match[str]) -> str:
        return _LEFT_OUT.sub("", clause[match.end() :] + further) + place

    for verb, needs in _ACTS:
        yield from (m.span() for m in verb.finditer(clause) if needs.search(rest(m)))
    for match in _HANDING.finditer(clause):
        is_it = _IT_TO_RECIPIENT.match(clause[match.end() :])
        if is_it and _HAS_SECRET.search(f"{mentioned} {clause[: match.start()]}"):
            yield match.span()
    for match in _TYPING.finditer(clause):
        if _A_PHRASE.match(rest(match)):
            pretext = _PRETEXT.search(" ".join(clauses))
            if not restoring or pretext or _ON_THE_WEB.search(rest(match)):
                yield match.span()
        elif _A_CODE.match(rest(match)) and _IN_CHANNEL.search(rest(match)):
            yield match.span()
    by_giving = _BY_GIVING.search(clause)
    if by_giving and not _NO_ORDER.match(clause) and not _denies(clause[: by_giving.start()]):
        yield 0, 0
    if _COMPLY.search(clause) and _SPOKEN_OF.search(mentioned):
        yield 0, 0
    if any(pattern.match(clause) for pattern in _ASKS):
        yield 0, 0


def _further_things(following: Sequence[str]) -> str:
    """Return the further things of a list that goes on after a comma."""
    things = []
    for clause in following:
        if (
            not _THING.match(clause)
            or _DENIAL.match(clause)
            or ignoring_case(rf"{_VERB}\b").match(clause)
        ):
            break
        things.append(f" {clause}")
    return "".join(things)


def _is_harmless(clauses: Sequence[str], number: int, start: int, end: int) -> bool:
    """Tell whether the clause forbids, reports or describes rather than orders."""
    clause, before, after = clauses[number], clauses[:number], clauses[number + 1 :]
    head, later = _NO_DENIAL.sub("", clause[:start]).strip(), ", ".join(after)
    if _TO_NOBODY.search(clause[end:]) or _DENIAL.search(head):
        return True
    if any(map(_denies, before)) and any(map(_FURTHER_OR.search, [clause, *after])):
        return True
    if any(map(_HAS_HEARSAY.search, before)) and _JOINS.search(clause):
        return True
    if _ENDS_IN_HEARSAY.search(head):
        ours = _OURS.search(head) and not _WARNING.search(later)
        return not ours and not any(map(_COMPLY.search, after))
    if _IF_YOU.search(head):
        return not _GAIN.search(" ".join([*before, clause[:start], later]))
    return not _orders(head)


def _denies(text: str) -> bool:
    return bool(_DENIAL.search(_NO_DENIAL.sub("", text)))


def _orders(head: str) -> bool:
    """Tell whether a verb after ``head`` is an order, or something that readers may do."""
    head = _ADVERBS.sub("", head).strip()
    if not head or head.lower() in ("or", "and", "to continue"):
        return True
    if _MODAL.search(head):
        return not _STRANGER.search(head)
    joined = _JOINED.search(head)
    if joined:
        return not _NO_ORDER.match(joined[1])
    return bool(_PLACE_FIRST.match(head))


RESTORING = ignoring_case(
    r"\b(?:restor\w+|import\w*|official (?:wallet )?app|hardware wallet|device itself|offline"
    r"|back ?up|verify backup)\b"
)
LIST_LEAD = ignoring_case(
    r"\b(?:prepare|provide|have ready|ready|send|include|attach|submit|give us|tell us)\b[^.]*:$"
)
LIST_REFUSAL = ignoring_case(r"\b(?:never|do not|don't|not|no)\b")
LISTED_SECRET = ignoring_case(
    r"(?:(?:your|the|a|an|full|complete|wallet|account|login|payment|current|latest|sms|2fa|e-?mail"
    r"|verification|six-digit|photo of|screenshot of|copy of) ){0,4}"
    rf"(?:{_PHRASE}|{_CODE})\b(?=$|[,;.(]|(?: and| or| of| file| screenshot)[^:]{{0,40}}$)"
)
SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s|$|[\"”')])|$)", re.DOTALL)
QUESTION = re.compile(r"\?$")
