"""Turns what somebody wrote into a ticket: secrets first, then facts, masks and class.

It knows nothing of HTTP, and leaves keeping the ticket to `Intake`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import cast

from search_index.analyzer import detect_language
from search_index.events import Lang, ResponseClass
from search_index.intake import Intake
from search_index.outbox import now_ms
from search_index.secrets import find_secret, redact
from search_index.ticket_fields import (
    FieldProblem,
    UidRule,
    check_fields,
    clean,
    problem_with_body,
)
from search_index.tickets import (
    Receipt,
    Submission,
    Ticket,
    fingerprint_of,
    hash_key,
    ticket_number,
)

_LOG = logging.getLogger(__name__)

BODY_LENGTH = 8_000
SUBJECT_LENGTH = 200
FIELD_LENGTH = 200

Classify = Callable[[str, Lang], ResponseClass]
"""Text and language to the class of response; may fail."""

_NEXT_STEPS: dict[Lang, tuple[str, ...]] = {
    "zh": (
        "接收：工单已登记，请保存工单号。",
        "分析：客服核对您写的情况和相关记录；缺什么会问您。",
        "处理：给出办法；做不到的，会说明原因。",
        "跟进：没有解决就在原工单里回复，不用重新提交。",
    ),
    "en": (
        "Received: your ticket is registered. Keep its number.",
        "Analysis: we check what you wrote against the records and ask if something is missing.",
        "Solution: we tell you what to do, or why something cannot be done.",
        "Follow-up: if it is not solved, reply in the same ticket instead of writing a new one.",
    ),
}


def next_steps(lang: Lang) -> tuple[str, ...]:
    """Return what happens to a ticket, in order."""
    return _NEXT_STEPS[lang]


class SecretFoundError(Exception):
    """A field holds a secret: nothing was stored."""

    def __init__(self, kind: str, field: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.field = field


class FieldsError(Exception):
    """Fields must be mended before the ticket can be taken."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__(len(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody sent, as typed; "" is not given."""

    body: str
    subject: str = ""
    lang: Lang | None = None
    email: str = ""
    reply_uid: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    query_id: str | None = None
    session: str | None = None


class TicketDesk:
    """Takes drafts.

    Args:
        intake: where tickets are kept.
        classify: class of response; when it fails, the class is ``technical``.
        target: class and language to the response target, "" for none.
        on_secret: told the kind of a secret that was found, and the session.
        on_ticket: told of each new ticket, once it is on disk.
        uid_rule: what account numbers look like.
    """

    def __init__(
        self,
        intake: Intake,
        *,
        classify: Classify,
        target: Callable[[ResponseClass, Lang], str],
        on_secret: Callable[[str, str | None], None] = lambda kind, session: None,
        on_ticket: Callable[[Ticket], None] = lambda ticket: None,
        uid_rule: UidRule | None = None,
    ) -> None:
        self._intake = intake
        self._classify = classify
        self._target = target
        self._on_secret = on_secret
        self._on_ticket = on_ticket
        self._uid_rule = uid_rule or UidRule()

    def take(self, draft: Draft, key: str) -> Receipt:
        """Keep a ticket; it is on disk when this returns.

        Args:
            draft: as typed.
            key: idempotency key; the same key with the same draft gets the same answer.

        Raises:
            SecretFoundError: nothing was stored.
            FieldsError: nothing was stored.
            KeyReusedError: the key came with another draft.
            IntakeError: it could be kept nowhere.
        """
        self._refuse_secrets(draft)
        lang = draft.lang or cast(Lang, detect_language(f"{draft.subject} {draft.body}"))
        checked = check_fields(
            draft.email, draft.reply_uid, draft.fields, lang=lang, uid_rule=self._uid_rule
        )
        body = clean(draft.body)
        problems = checked.problems if body else (problem_with_body(lang), *checked.problems)
        if problems:
            raise FieldsError(problems)
        subject = " ".join(clean(draft.subject).split())
        response_class = self._class_of(f"{subject}\n{body}".strip(), lang)
        key_hash = hash_key(key)
        ticket = Ticket(
            ticket_id=ticket_number(key_hash),
            created_at_ms=now_ms(),
            response_class=response_class,
            lang=lang,
            subject=redact(subject),
            body=redact(body),
            email=checked.email,
            reply_uid=checked.reply_uid,
            fields=checked.fields,
            query_id=draft.query_id,
            session=draft.session,
        )
        submission = Submission(
            ticket,
            key_hash,
            fingerprint_of(key, asdict(draft)),
            self._target(response_class, lang),
            _NEXT_STEPS[lang],
        )
        receipt = self._intake.submit(submission)
        if receipt.is_new:
            self._tell(replace(ticket, ticket_id=receipt.ticket_id))
        return receipt

    def _refuse_secrets(self, draft: Draft) -> None:
        texts = {
            "subject": draft.subject,
            "body": draft.body,
            "contact.email": draft.email,
            "contact.uid": draft.reply_uid,
            **{f"fields.{name}": value for name, value in draft.fields.items()},
        }
        if draft.subject:  # one secret over two fields is one as well
            texts["body"] = f"{draft.subject}\n{draft.body}"
        for name, text in texts.items():
            secret = find_secret(text) if text else None
            if secret is not None:
                self._on_secret(secret.kind, draft.session)
                raise SecretFoundError(secret.kind, name)

    def _class_of(self, text: str, lang: Lang) -> ResponseClass:
        try:
            return self._classify(text, lang)
        except Exception as error:  # a ticket must never be lost because the search failed
            _LOG.warning("a ticket is classed as technical (%s)", type(error).__name__)
            return "technical"

    def _tell(self, ticket: Ticket) -> None:
        try:
            self._on_ticket(ticket)
        except Exception as error:  # the ticket is on disk; its number must reach the person
            _LOG.warning("a new ticket was not announced (%s)", type(error).__name__)
