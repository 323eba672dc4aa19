"""Clients that wait only so long, services that are slow, and services that stop."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import Iterator
from http.client import HTTPResponse

import httpx
import pytest
from fastapi import FastAPI, Request

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared import deadline
from tests.support.images import jpeg, picture
from tests.support.processes import listening
from tests.support.serving import serving
from tests.support.stack import Stack


class SlowService:
    """Answers nothing in time, and remembers how long its callers said that they wait."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.app = FastAPI()
        self.app.add_api_route("/readyz", self.ready)
        self.app.add_api_route("/{path:path}", self.hang, methods=["GET", "POST", "PUT", "DELETE"])

    async def ready(self) -> None: ...

    async def hang(self, request: Request) -> None:
        self.told.append(int(request.headers[deadline.HEADER]))
        await asyncio.sleep(4)


@pytest.fixture(scope="module")
def slow() -> Iterator[tuple[SlowService, str]]:
    service = SlowService()
    with (
        serving(service.app) as url,
        serving(create_app(GatewaySettings(embedder_url=url, search_url=url)), ready=False) as gateway,
    ):
        yield service, gateway


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/images/x"), ("POST", "/v1/search"), ("DELETE", "/v1/images/x")]
)
def test_a_client_that_waits_only_so_long_is_answered_and_the_services_are_told(
    slow: tuple[SlowService, str], method: str, path: str
) -> None:
    service, gateway = slow
    files = {"image": jpeg(picture(1))} if method == "POST" else None
    answer = httpx.request(method, gateway + path, files=files, headers={deadline.HEADER: "1500"}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (504, "upstream_timeout")
    assert answer.headers["retry-after"]
    assert 0 < service.told[-1] <= 1500


@pytest.mark.parametrize("said", ["soon", "-1", "0", "1e3", "100000000", ""])
def test_a_deadline_that_is_no_number_of_milliseconds_is_refused(services: Stack, said: str) -> None:
    answer = httpx.get(f"{services.gateway}/v1/images", headers={deadline.HEADER: said})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("service", ["embedder", "search", "gateway"])
def test_a_deadline_in_time_changes_nothing(services: Stack, service: str) -> None:
    answer = httpx.get(f"{getattr(services, service)}/readyz", headers={deadline.HEADER: "60000"})
    assert answer.status_code == 200


def test_an_embedder_gives_up_what_nobody_waits_for(services: Stack) -> None:
    files = [("images", jpeg(picture(seed))) for seed in range(20)]
    answer = httpx.post(f"{services.embedder}/v1/embed", files=files, headers={deadline.HEADER: "1"}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (504, "upstream_timeout")


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    settings = GatewaySettings(body_timeout_seconds=0.2)
    with serving(create_app(settings), ready=False) as url:
        host, port = url.removeprefix("http://").split(":")
        head = f"POST /v1/search HTTP/1.1\r\nhost: {host}\r\ncontent-type: multipart/form-data; boundary=b\r\n"
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head.encode() + b"content-length: 1000\r\n\r\n--b\r\n")
            answer = HTTPResponse(connection)
            answer.begin()
            assert answer.status == 408
            assert json.load(answer)["code"] == "request_timeout"


async def test_a_service_that_is_told_to_stop_says_so_and_ends_what_it_has_begun() -> None:
    async with listening("embedder", EXTRACTOR="deterministic", DRAIN_SECONDS="2") as (process, http):
        while (await http.get("/readyz")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        end = time.monotonic() + 30
        while (readiness := await http.get("/readyz")).status_code == 200:
            assert time.monotonic() < end
        assert readiness.json() == {"ready": False, "waiting_for": ["It is stopping."]}
        embedded = await http.post("/v1/embed", files={"images": jpeg(picture(1))})
        assert embedded.status_code == 200
        assert await asyncio.to_thread(process.wait, 30) in {0, -signal.SIGTERM}
