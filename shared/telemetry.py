"""Metrics in Prometheus' text form, in a registry that belongs to one app."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """A service's metrics: those of its HTTP side here, its own ones registered in `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._problems = Counter("http_problems", "Requests refused or failed.", ("code",), registry=self.registry)
        self.in_flight = Gauge("http_requests_in_flight", "Requests not yet answered.", registry=self.registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def observe_request(self, method: str, route: str, status: int, seconds: float, problem: str | None) -> None:
        """Count one answered request.

        Args:
            method: Its method.
            route: The template of its address, so that ids do not multiply the series.
            status: The answer's.
            seconds: From the request's head to the end of the answer.
            problem: Code of the problem that was answered, if any.
        """
        self._requests.labels(method, route, str(status)).inc()
        if problem is not None:
            self._problems.labels(problem).inc()
        self._seconds.labels(method, route).observe(seconds)

    def exposition(self) -> bytes:
        """Write all metrics as Prometheus scrapes them."""
        return generate_latest(self.registry)
