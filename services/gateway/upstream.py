"""The ways to the services behind: a bounded number of calls at once, all of them measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prometheus_client import CollectorRegistry, Gauge, Histogram

from shared.errors import Overloaded
from shared.service_token import PROBES

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_FOR_PROBES = 4


class UpstreamMetrics:
    """What the ways tell about themselves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.in_flight = Gauge(
            "gateway_upstream_in_flight", "Calls to a service not yet answered.", ("service",), registry=registry
        )
        self.seconds = Histogram(
            "gateway_upstream_seconds",
            "Time that a call took. Outcomes: answered, failed (5xx), overloaded (503), gone, late.",
            ("service", "outcome"),
            buckets=_SECONDS,
            registry=registry,
        )


class Upstream(httpx.AsyncBaseTransport):
    """Carries calls to one service, and refuses those beyond the limit at once.

    Args:
        service: Its name.
        limit: Calls under way at once.
        metrics: Where they are measured.
    """

    def __init__(self, service: str, limit: int, metrics: UpstreamMetrics) -> None:
        self._service = service
        self._limit = limit
        self._metrics = metrics
        self._under_way = 0
        connections = httpx.Limits(max_connections=limit + _FOR_PROBES, max_keepalive_connections=min(limit, 32))
        self._transport = httpx.AsyncHTTPTransport(limits=connections, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            Overloaded: As many calls as may be are under way.
        """
        if self._under_way >= self._limit and request.url.path not in PROBES:  # busy is not unwell
            raise Overloaded(f"As many calls to the {self._service} service as may be are under way.")
        with self._counted(), self._metrics.in_flight.labels(self._service).track_inprogress():
            began, outcome = time.perf_counter(), "late"
            try:
                response = await self._transport.handle_async_request(request)
                outcome = _outcome(response.status_code)
                return await _whole(response)  # the place is free when nothing of the answer is on its way any more
            except httpx.TransportError as error:
                outcome = "late" if isinstance(error, httpx.TimeoutException) else "gone"
                raise
            finally:
                self._metrics.seconds.labels(self._service, outcome).observe(time.perf_counter() - began)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


async def _whole(response: httpx.Response) -> httpx.Response:
    try:
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
    return response


def _outcome(status: int) -> str:
    if status == 503:
        return "overloaded"
    return "failed" if status >= 500 else "answered"
