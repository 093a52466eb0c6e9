"""Ways to hand a ticket to the operator's ticket system: one interface, two ways to fail.

It knows nothing of the outbox, which decides when to try and how often.
"""

from __future__ import annotations

from typing import Protocol

from search_index.tickets import Ticket


class DeliveryError(Exception):
    """A ticket was not delivered.

    Args:
        reason: upper-case code for the operator, e.g. ``HTTP_503``; never a text of others.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(DeliveryError):  # noqa: N818 - says what to do
    """It may work later.

    Args:
        after_s: seconds for which the other side asks to be left alone.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Refused(DeliveryError):  # noqa: N818
    """The other side will never take this ticket as it is."""


class Connector(Protocol):
    """Delivers tickets to one place."""

    def deliver(self, ticket: Ticket) -> str:
        """Deliver ``ticket`` and return its id there.

        Delivering the same ticket again must not make a second one there: a reply may be lost.

        Raises:
            Retry, Refused: it was not delivered, or it is not certain that it was.
        """
        ...
