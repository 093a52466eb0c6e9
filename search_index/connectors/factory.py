"""Settings to the connector they choose. Secrets come from variables, never from kb.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from search_index.connectors import Connector
from search_index.connectors.chatwoot import ChatwootConnector
from search_index.connectors.destination import Rules, Sender
from search_index.connectors.smtp import SmtpConnector
from search_index.connectors.spool import SpoolConnector
from search_index.connectors.webhook import WebhookConnector
from search_index.connectors.zendesk import ZendeskConnector
from search_index.errors import SettingsError
from search_index.settings import TicketSettings

WEBHOOK_SECRET = "KB_TICKETS_WEBHOOK_SECRET"  # noqa: S105 - a name
SMTP_PASSWORD = "KB_TICKETS_SMTP_PASSWORD"  # noqa: S105
CHATWOOT_TOKEN = "KB_TICKETS_CHATWOOT_TOKEN"  # noqa: S105
ZENDESK_TOKEN = "KB_TICKETS_ZENDESK_TOKEN"  # noqa: S105
LEAST_SECRET_LENGTH = 16


def open_connector(settings: TicketSettings, root: Path, environ: Mapping[str, str]) -> Connector:
    """Return the connector that ``settings`` choose; nothing is connected yet.

    Args:
        settings: table ``[tickets]``.
        root: folder that relative paths start from.
        environ: variables with the secrets.

    Raises:
        SettingsError: a secret is missing.
    """
    rules = Rules(
        allowed_networks=settings.allowed_networks,
        allow_insecure_loopback=settings.allow_insecure_loopback,
    )
    if settings.connector == "spool":
        return SpoolConnector(root / settings.folder / "tickets")
    if settings.connector == "smtp":
        password = _secret(environ, SMTP_PASSWORD) if settings.smtp_user else None
        return SmtpConnector(
            rules,
            settings.timeout_s,
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            sender=settings.smtp_from,
            recipient=settings.smtp_to,
            user=settings.smtp_user or None,
            password=password,
        )
    sender = Sender(rules, settings.timeout_s)
    if settings.connector == "webhook":
        secret = _secret(environ, WEBHOOK_SECRET, LEAST_SECRET_LENGTH)
        return WebhookConnector(
            sender, settings.url, secret, expects_echo=settings.webhook_expects_echo
        )
    if settings.connector == "chatwoot":
        return ChatwootConnector(
            sender,
            settings.url,
            settings.chatwoot_account,
            settings.chatwoot_inbox,
            _secret(environ, CHATWOOT_TOKEN),
        )
    return ZendeskConnector(
        sender, settings.url, settings.zendesk_user, _secret(environ, ZENDESK_TOKEN)
    )


def _secret(environ: Mapping[str, str], name: str, least_length: int = 1) -> str:
    value = environ.get(name, "")
    if len(value) < least_length:
        missing = "is missing" if not value else f"is shorter than {least_length} characters"
        raise SettingsError(
            f"The variable {name} {missing}.",
            code="TICKETS_SECRET_MISSING",
            remedy=f"Set {name} in the environment of `kb serve`; it does not belong into kb.toml.",
        )
    return value
