"""Figures for Prometheus, in a registry of their own.

Labels are names out of this code or ids of snapshots: never anything that somebody typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as text_of
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

CONTENT_TYPE = CONTENT_TYPE_LATEST

Reading = Callable[[], float | Mapping[str, float]]
"""A figure, or a figure for each value of a label."""

_LOG = logging.getLogger(__name__)
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5)
_METHODS = frozenset({"GET", "HEAD", "POST"})


class Metrics:
    """Counts what the endpoint does; others may add figures by `watch`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "wenlu_http_requests",
            "Requests by route and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._secrets = Counter(
            "wenlu_secrets_blocked",
            "Texts that held a secret and were neither searched nor stored.",
            ("kind", "where"),
            registry=self._registry,
        )
        self._search_seconds = Histogram(
            "wenlu_search_seconds",
            "Time to answer a search, the wait in the queue included.",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def count_request(self, scope: Scope, status: int) -> None:
        """Count an answer under its route, as the route is written in the code."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(_route_of(scope), method, str(status)).inc()

    def count_secret(self, kind: str, where: str) -> None:
        """Count a text with a secret."""
        self._secrets.labels(kind, where).inc()

    def observe_search(self, seconds: float) -> None:
        """Count a search and how long it took."""
        self._search_seconds.observe(seconds)

    def watch(
        self,
        name: str,
        documentation: str,
        read: Reading,
        *,
        label: str | None = None,
        counts: bool = False,
    ) -> None:
        """Show what ``read`` returns whenever the figures are asked for.

        Args:
            name: with the prefix ``wenlu_``.
            documentation: one line.
            read: called each time; a failure leaves the figure out.
            label: its name, when ``read`` returns a figure for each value of it.
            counts: the figure only ever grows.
        """
        self._registry.register(_Watched(name, documentation, read, label, counts))

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format; may wait for those that are watched."""
        return text_of(self._registry)


class _Watched(Collector):
    def __init__(
        self, name: str, documentation: str, read: Reading, label: str | None, counts: bool
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._read = read
        self._label = label
        self._counts = counts

    def describe(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the name alone, so that registering reads nothing."""
        yield self._family()

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the figures of this moment."""
        family = self._family()
        try:
            found = self._read()
        except Exception as error:  # one figure less, not none at all
            _LOG.warning("no figure for %s (%s)", self._name, type(error).__name__)
            return
        if isinstance(found, Mapping):
            for value, figure in found.items():
                family.add_metric([value], figure)
        else:
            family.add_metric([], found)
        yield family

    def _family(self) -> CounterMetricFamily | GaugeMetricFamily:
        kind = CounterMetricFamily if self._counts else GaugeMetricFamily
        return kind(self._name, self._documentation, labels=[self._label] if self._label else [])


def _route_of(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None)
    if path:
        return str(path)
    if scope["path"].startswith("/api/"):
        return "refused"  # before it came to a route, or there is none
    return "site"
