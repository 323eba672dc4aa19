from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, FastAPI, UploadFile

from shared.asgi import ServiceState, create_service
from shared.contracts.health import Readiness
from shared.contracts.problem import MEDIA_TYPE, Problem
from shared.errors import Overloaded
from shared.settings import ServiceSettings
from shared.telemetry import Metrics

router = APIRouter()


@router.get("/items/{number}")
async def item(number: int) -> int:
    return number


@router.post("/upload")
async def upload(file: UploadFile) -> int:
    return len(await file.read())


@router.get("/busy")
async def busy() -> None:
    raise Overloaded("Too much to do.")


@router.get("/bug")
async def bug() -> None:
    raise RuntimeError("secret: /home/someone")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    waiting = Readiness(ready=False, waiting_for=("the moon",))

    async def readiness() -> Readiness:
        return waiting

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[ServiceState]:
        yield {"readiness": readiness}

    settings = ServiceSettings(port=0, max_body_bytes=1024)
    app = create_service("test", settings, lifespan, [router], Metrics())
    async with lifespan(app) as state:

        async def with_state(scope, receive, send):  # type: ignore[no-untyped-def]
            scope["state"] = dict(state)
            await app(scope, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://test") as http:
            yield http


def problem_of(response: httpx.Response) -> Problem:
    assert response.headers["content-type"] == MEDIA_TYPE
    problem = Problem.model_validate_json(response.content)
    assert problem.status == response.status_code
    assert problem.request_id == response.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/items/1", 405, "method_not_allowed"),
        ("GET", "/items/one", 422, "invalid_request"),
        ("GET", "/busy", 503, "overloaded"),
        ("GET", "/bug", 500, "internal"),
    ],
)
async def test_every_failure_is_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    problem = problem_of(await client.request(method, path))
    assert (problem.status, problem.code) == (status, code)
    assert "secret" not in problem.model_dump_json()


async def test_wrong_fields_are_named(client: httpx.AsyncClient) -> None:
    problem = problem_of(await client.get("/items/one"))
    assert [error.field for error in problem.errors] == ["path.number"]


async def test_a_refused_method_is_told_the_allowed_ones(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/items/1")).headers["allow"] == "GET"


async def test_an_overloaded_service_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    assert (await client.get("/busy")).headers["retry-after"] == "1"


async def test_a_long_body_is_refused_by_its_announced_length(client: httpx.AsyncClient) -> None:
    assert problem_of(await client.post("/upload", content=b"x" * 2000)).code == "body_too_large"


async def test_a_long_body_without_a_length_is_refused_while_it_arrives(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        while True:
            yield b"x" * 512

    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert problem_of(await client.post("/upload", content=endless(), headers=headers)).code == "body_too_large"


async def test_a_garbled_form_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert problem_of(await client.post("/upload", content=b"nonsense", headers=headers)).code == "invalid_request"


async def test_a_request_keeps_the_id_its_client_gave(client: httpx.AsyncClient) -> None:
    assert (await client.get("/items/1", headers={"x-request-id": "mine-1"})).headers["x-request-id"] == "mine-1"


@pytest.mark.parametrize("offered", ["x" * 65, "two words", ""])
async def test_an_id_that_would_garble_the_log_is_replaced(client: httpx.AsyncClient, offered: str) -> None:
    given = (await client.get("/items/1", headers={"x-request-id": offered})).headers["x-request-id"]
    assert given != offered
    assert len(given) == 32


async def test_readiness_says_what_it_waits_for(client: httpx.AsyncClient) -> None:
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["waiting_for"]) == (503, ["the moon"])
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_metrics_count_routes_not_paths(client: httpx.AsyncClient) -> None:
    for path in ("/items/1", "/items/2", "/made-up-1", "/made-up-2"):
        await client.get(path)
    exposition = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/items/{number}",status="200"} 2.0' in exposition
    assert 'http_requests_total{method="GET",route="(none)",status="404"} 2.0' in exposition
    assert "made-up" not in exposition


async def test_the_documentation_page_asks_no_other_host(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "swagger-ui" in page
    assert "http://" not in page
    assert "https://" not in page
