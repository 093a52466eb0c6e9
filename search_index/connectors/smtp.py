"""Delivers tickets by mail.

The Message-ID comes from the ticket's number: after a lost reply the same mail goes out again, and
mail systems recognise it. No word of the user stands in the subject.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Literal

from search_index.connectors import Refused, Retry
from search_index.connectors.destination import ForbiddenDestinationError, Rules
from search_index.connectors.plain_text import text_of, title_of
from search_index.tickets import Ticket

Security = Literal["starttls", "tls", "none"]


class SmtpConnector:
    """Sends one mail for each ticket.

    Args:
        security: ``none`` only to this machine, where the rules allow it.
        password: for ``user``; None when the server asks for none.
    """

    def __init__(
        self,
        rules: Rules,
        timeout_s: float,
        *,
        host: str,
        port: int,
        security: Security,
        sender: str,
        recipient: str,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        self._rules = rules
        self._timeout_s = timeout_s
        self._host = host
        self._port = port
        self._security = security
        self._sender = sender
        self._recipient = recipient
        self._login = (user, password) if user and password else None

    def deliver(self, ticket: Ticket) -> str:
        """See `Connector`; the id there is the Message-ID."""
        mail = self.mail_of(ticket)
        try:
            self._send(mail)
        except ForbiddenDestinationError:
            raise Retry("DESTINATION_FORBIDDEN") from None
        except TimeoutError:
            raise Retry("TIMEOUT") from None
        except smtplib.SMTPDataError as error:  # a 5xx here is about this mail
            reason = f"SMTP_{error.smtp_code}"
            raise (Refused if error.smtp_code >= 500 else Retry)(reason) from None
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise Retry(f"SMTP_{code}") from None
        except smtplib.SMTPResponseException as error:  # greeting, STARTTLS, password, sender
            raise Retry(f"SMTP_{error.smtp_code}") from None
        except (smtplib.SMTPException, OSError):
            raise Retry("CONNECTION") from None
        return str(mail["Message-ID"])

    def mail_of(self, ticket: Ticket) -> EmailMessage:
        """Return the mail for ``ticket``."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._sender
        mail["To"] = self._recipient
        if ticket.email:
            mail["Reply-To"] = ticket.email
        mail["Subject"] = title_of(ticket)
        mail["Date"] = format_datetime(datetime.fromtimestamp(ticket.created_at_ms / 1000, UTC))
        mail["Message-ID"] = f"<{ticket.ticket_id}@{self._sender.rsplit('@', 1)[-1].rstrip('>')}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Wenlu-Ticket"] = ticket.ticket_id
        mail.set_content(text_of(ticket), charset="utf-8", cte="base64")
        return mail

    def _send(self, mail: EmailMessage) -> None:
        encrypted = self._security != "none"
        address = self._rules.addresses(self._host, self._port, encrypted=encrypted)[0]
        context = ssl.create_default_context()
        wraps_at_once = self._security == "tls"
        with _PinnedSmtp(
            self._host, self._port, self._timeout_s, address, context if wraps_at_once else None
        ) as server:
            if self._security == "starttls":
                server.starttls(context=context)
            if self._login:
                server.login(*self._login)
            server.send_message(mail)


class _PinnedSmtp(smtplib.SMTP):
    """Connects to an address that was checked; the certificate must be the host's."""

    def __init__(
        self, host: str, port: int, timeout_s: float, address: str, tls: ssl.SSLContext | None
    ) -> None:
        self._address = address
        self._tls = tls
        super().__init__(host, port, timeout=timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        connection = socket.create_connection((self._address, port), timeout)
        return self._tls.wrap_socket(connection, server_hostname=host) if self._tls else connection
