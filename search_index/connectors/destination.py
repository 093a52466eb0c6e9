"""Where this server may connect to: only addresses that were checked after the name was resolved.

A name that leads into the own network, by setting, by DNS or by a redirect, is the classic way to
make a server attack its neighbours (SSRF). The address that was checked is the one connected to, so
that a second answer of the DNS changes nothing. It knows nothing of tickets.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from search_index.connectors import Refused, Retry

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str, int], Sequence[str]]

MAX_REPLY_BYTES = 64 * 1024
# Addresses that carry an IPv4 address inside: 6to4, Teredo, NAT64. No ticket system needs them.
_TUNNELS = tuple(
    ipaddress.IPv6Network(network) for network in ("2002::/16", "2001::/32", "64:ff9b::/96")
)


class ForbiddenDestinationError(Exception):
    """The destination must not be connected to."""


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``, in the order of the resolver.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be connected to.

    Attributes:
        allowed_networks: networks of the operator that are no public addresses.
        allow_insecure_loopback: plain connections to this machine, for tests.
        look_up: host and port to addresses.
    """

    allowed_networks: tuple[Network, ...] = ()
    allow_insecure_loopback: bool = False
    look_up: Lookup = field(default=look_up)

    def addresses(self, host: str, port: int, *, encrypted: bool) -> list[str]:
        """Return the addresses of ``host``, all of which may be connected to.

        Raises:
            ForbiddenDestinationError: one of them may not.
            OSError: the name has none.
        """
        found = list(self.look_up(host, port))
        for text in found:
            address = ipaddress.ip_address(text.split("%")[0])
            if not self._allows(address, encrypted=encrypted):
                raise ForbiddenDestinationError
        if not found:
            raise ForbiddenDestinationError
        return found

    def _allows(self, address: Address, *, encrypted: bool) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address.is_loopback and self.allow_insecure_loopback:
            return True
        if not encrypted:
            return False
        if any(address in network for network in self.allowed_networks):
            return True
        return (
            address.is_global
            and not address.is_multicast
            and not any(address in tunnel for tunnel in _TUNNELS)
        )


class PinnedTransport(httpx.BaseTransport):
    """Resolves, checks and connects to what was checked; name and certificate stay the host's."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._inner = httpx.HTTPTransport(
            verify=ssl.create_default_context(),  # the system's authorities, SSL_CERT_FILE too
            limits=httpx.Limits(max_keepalive_connections=0),  # every connection is checked
            trust_env=False,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` to the first address that takes the connection."""
        host = request.url.host
        encrypted = request.url.scheme == "https"
        port = request.url.port or (443 if encrypted else 80)
        try:
            addresses = self._rules.addresses(host, port, encrypted=encrypted)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("name not found", request=request) from error
        for address in addresses[:-1]:
            try:
                return self._inner.handle_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._inner.handle_request(_pinned(request, addresses[-1]))

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,  # with the Host of the name
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the other side, small and whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Sender:
    """Sends requests to one service under `Rules`; turns what goes wrong into `Retry`.

    Args:
        timeout_s: for the connection, for each wait, and three times that for all.
    """

    def __init__(self, rules: Rules, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            transport=PinnedTransport(rules),
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,  # no proxy from outside: it would resolve names itself
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Reply:
        """Send one request and read the whole answer, whatever its status.

        Raises:
            Retry: no whole answer came, or none may be asked for.
        """
        deadline = time.monotonic() + 3 * self._timeout_s
        asked = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        try:
            with self._client.stream(method, url, headers=asked, **options) as response:
                content = b""
                for chunk in response.iter_raw():
                    content += chunk
                    if len(content) > MAX_REPLY_BYTES:
                        raise Retry("REPLY_TOO_LARGE")
                    if time.monotonic() > deadline:
                        raise Retry("TIMEOUT")
                return Reply(response.status_code, response.headers, content)
        except ForbiddenDestinationError:
            raise Retry("DESTINATION_FORBIDDEN") from None
        except httpx.TimeoutException:
            raise Retry("TIMEOUT") from None
        except httpx.TransportError:
            raise Retry("CONNECTION") from None


# The ticket itself is at fault: sending it again changes nothing. All other refusals (a wrong
# token, a moved address) are mended by the operator, and the tickets then go out by themselves.
_NEVER = frozenset({400, 413, 415, 422})


def raise_for_status(reply: Reply) -> None:
    """Return for 2xx.

    Raises:
        Refused: 400, 413, 415, 422.
        Retry: all else, redirects among them, with Retry-After.
    """
    if 200 <= reply.status < 300:
        return
    reason = f"HTTP_{reply.status}"
    if reply.status in _NEVER:
        raise Refused(reason)
    raise Retry(reason, _retry_after_s(reply.headers))


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
