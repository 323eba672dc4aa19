"""A search, as a collector of traces sees it: over HTTP, from all three services."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from services.embedder.app import create_app as create_embedder
from services.embedder.settings import EmbedderSettings
from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from services.search.app import create_app as create_search
from services.search.settings import SearchSettings
from tests.support.images import jpeg, picture
from tests.support.serving import serving

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@dataclass
class Collector:
    """Takes what services export, and keeps it by the name of the service."""

    spans: list[tuple[str, Span]] = field(default_factory=list)

    def of_trace(self, trace: str) -> list[tuple[str, Span]]:
        return [(service, span) for service, span in self.spans if span.trace_id.hex() == trace]


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["content-length"]))
            for one in ExportTraceServiceRequest.FromString(body).resource_spans:
                [service] = [a.value.string_value for a in one.resource.attributes if a.key == "service.name"]
                collector.spans += [(service, span) for scope in one.scope_spans for span in scope.spans]
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Span]]:
    """The spans of one search, which its client had begun a trace for."""
    store = f"sqlite:///{tmp_path_factory.mktemp('data')}/lookalike.db"
    with collecting() as (collector, url):
        to: dict[str, Any] = {"otel_exporter_otlp_endpoint": url}
        with (
            serving(create_embedder(EmbedderSettings(extractor="deterministic", **to))) as embedder,
            serving(create_search(SearchSettings(store_url=store, **to))) as search,
            serving(create_gateway(GatewaySettings(embedder_url=embedder, search_url=search, **to))) as gateway,
            httpx.Client(base_url=gateway, timeout=30) as http,
        ):
            http.post("/v1/images", files={"image": jpeg(picture(1))}).raise_for_status()
            traced = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            http.post("/v1/search", files={"image": jpeg(picture(2))}, headers=traced).raise_for_status()
        return collector.of_trace(TRACE)  # they were sent when the services ended, at the latest


def test_each_service_has_its_part_in_the_trace(spans: list[tuple[str, Span]]) -> None:
    assert {service for service, _ in spans} == {"lookalike-gateway", "lookalike-embedder", "lookalike-search"}
    names = {span.name for _, span in spans}
    assert {"POST /v1/search", "POST /v1/embed", "POST /v1/collections/{collection}/query"} <= names
    assert {"call embedder", "call search", "decode", "embed", "index search", "store records"} <= names


def test_every_part_belongs_to_another_one_and_the_first_to_the_client(spans: list[tuple[str, Span]]) -> None:
    known = {span.span_id for _, span in spans}
    [first] = [span for _, span in spans if span.parent_span_id not in known]
    assert (first.name, first.parent_span_id.hex()) == ("POST /v1/search", CALLER)
    for _, span in spans:
        assert span.start_time_unix_nano <= span.end_time_unix_nano


def test_the_trace_leads_to_the_log(spans: list[tuple[str, Span]]) -> None:
    served = [span for _, span in spans if span.kind == Span.SPAN_KIND_SERVER]
    ids = {a.value.string_value for span in served for a in span.attributes if a.key == "lookalike.request_id"}
    assert len(served) == 3
    assert len(ids) == 1


def test_without_a_collector_opentelemetrys_sdk_is_not_loaded() -> None:
    code = "import sys, services.gateway.app as app; app.create_app(); print('opentelemetry.sdk' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
