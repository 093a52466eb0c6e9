"""How often one client may ask: token buckets by address, in bounded memory.

It knows nothing of who a client is but the address that the server gives it (see
``server.trusted_proxies``), and keeps that in memory only.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from starlette.types import ASGIApp, Receive, Scope, Send

from search_index.api.failures import ApiError
from search_index.settings import LimitSettings

_MOST_BUCKETS = 50_000  # about 10 MB
_PREFIX_IPV6 = 64  # one customer has all addresses of it


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many again within ``period_s``."""

    count: int
    period_s: float


class TokenBuckets:
    """What each client has left; the one that asked longest ago is forgotten first.

    Args:
        clock: seconds; only differences matter.
        most: buckets kept.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, most: int = _MOST_BUCKETS
    ) -> None:
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, lane: str, client: str, rate: Rate) -> float:
        """Take one token and return 0, or return the seconds until there is one."""
        now = self._clock()
        per_s = rate.count / rate.period_s
        with self._lock:
            tokens, since = self._buckets.pop((lane, client), (float(rate.count), now))
            tokens = min(float(rate.count), tokens + (now - since) * per_s)
            wait_s = 0.0 if tokens >= 1 else (1 - tokens) / per_s
            self._buckets[lane, client] = (tokens if wait_s else tokens - 1, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return wait_s


class RateLimits:
    """ASGI middleware that answers 429 to a client that asks too often."""

    def __init__(
        self, app: ASGIApp, settings: LimitSettings, buckets: TokenBuckets | None = None
    ) -> None:
        self._app = app
        self._buckets = buckets or TokenBuckets()
        searches = Rate(settings.searches_per_s, 1)
        votes = Rate(settings.events_per_min, 60)
        tickets = Rate(settings.tickets_per_10_min, 600)
        self._lanes = {
            "/api/search": ("search", searches),
            "/api/suggest": ("suggest", searches),
            "/api/deflect": ("deflect", searches),
            "/api/events": ("events", votes),
            "/api/feedback": ("events", votes),
            "/api/tickets": ("tickets", tickets),
            "/api/tickets/form": ("tickets", tickets),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["method"] == "POST":
            lane, rate = self._lanes.get(scope["path"], ("", Rate(0, 1)))
            if rate.count:
                wait_s = self._buckets.take(lane, client_of(scope), rate)
                if wait_s:
                    await _too_many(wait_s).response()(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Return what tells one client from another: an IPv4 address or an IPv6 network."""
    peer = scope.get("client")
    host = str(peer[0]) if peer else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _PREFIX_IPV6), strict=False))
    return str(address)


def _too_many(wait_s: float) -> ApiError:
    seconds = math.ceil(wait_s)
    return ApiError(
        429,
        "TOO_MANY_REQUESTS",
        "Too many requests from this address.",
        f"Try again in {seconds} seconds." if seconds > 1 else "Try again in a second.",
        headers={"Retry-After": str(seconds)},
    )
