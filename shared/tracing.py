"""Traces by OpenTelemetry: which part of which service took how long over a request.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and then in need of the extra `telemetry`, which nobody imports before.
The trace goes from service to service in the W3C's `traceparent`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.logging import request_id

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_tracer: "ContextVar[Tracer | None]" = ContextVar("tracer", default=None)
"""Set while a request is served that is traced."""


class Tracing:
    """A service's traces, on their way to a collector.

    Args:
        service: The service's name.
        endpoint: The collector's address, to which `/v1/traces` is added.

    Raises:
        ModuleNotFoundError: The extra `telemetry` is not installed.
    """

    def __init__(self, service: str, endpoint: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        resource = Resource.create({"service.name": f"lookalike-{service}"})
        self._provider: TracerProvider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer("lookalike")

    def close(self) -> None:
        """Send what has gathered; takes as long as the collector does, up to half a minute."""
        self._provider.shutdown()


class Traced:
    """Makes a span of each request, as a part of the caller's trace where there is one."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracer = tracing.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind, StatusCode

        _tracer.set(self._tracer)
        caller = extract(Request(scope).headers)
        attributes = {"http.request.method": scope["method"], "lookalike.request_id": request_id.get()}
        with self._tracer.start_as_current_span(
            scope["method"], caller, kind=SpanKind.SERVER, attributes=attributes
        ) as span:

            async def send_observed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            try:
                await self._app(scope, receive, send_observed)
            finally:
                route = getattr(scope.get("route"), "path", None)
                if route is not None:
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.route", route)


@contextmanager
def span(name: str, *, calls: bool = False) -> Iterator[None]:
    """Make a span of what is done inside, where the request is traced; `calls` says that another service does it."""
    tracer = _tracer.get()
    if tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    with tracer.start_as_current_span(name, kind=SpanKind.CLIENT if calls else SpanKind.INTERNAL):
        yield


def headers() -> dict[str, str]:
    """Give what tells the next service which trace it is part of; nothing where the request is not traced."""
    carried: dict[str, str] = {}
    if _tracer.get() is not None:
        from opentelemetry.propagate import inject

        inject(carried)
    return carried
