"""A connection to PostgreSQL that stops waiting for a server that does not answer.

No other limit helps with a server that is frozen: it keeps no `statement_timeout`, and its machine
goes on confirming what arrives, so TCP sees nothing wrong. It knows no SQL.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

HURRY_S = 2.0
"""Longest wait for each answer of the server where a person waits for ours."""

Answer = TypeVar("Answer")


class NoAnswerError(psycopg.OperationalError):
    """The server did not answer in time."""


class ImpatientConnection(psycopg.Connection[Any]):
    """Gives up, and is closed, when the server needs longer than ``answer_s`` for one answer.

    What was sent may still be done there later, a COMMIT too.
    """

    answer_s = HURRY_S

    def wait(
        self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None
    ) -> Answer:
        """Wait for the end of ``gen``, as psycopg does for everything that it asks the server.

        Raises:
            NoAnswerError: it took too long.
        """
        try:
            return super().wait(gen, interval, timeout or self.answer_s)
        except psycopg.OperationalError:
            if self.info.transaction_status is not TransactionStatus.ACTIVE:
                raise  # an answer, if a bad one
        self.close()
        raise NoAnswerError("the server did not answer in time")
