"""What clients of the gateway see while a service behind it is away."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.contracts.problem import Problem
from tests.support.images import jpeg, picture
from tests.support.serving import serving


@pytest.fixture(scope="module")
def nobody() -> str:
    """A loopback address on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def http(nobody: str) -> Iterator[httpx.Client]:
    gateway = create_app(GatewaySettings(embedder_url=nobody, search_url=nobody))
    with serving(gateway, ready=False) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/search"),
        ("POST", "/v1/images"),
        ("PUT", "/v1/images/x"),
        ("GET", "/v1/images/x"),
        ("GET", "/v1/stats"),
    ],
)
def test_a_service_that_is_away_is_told_with_the_time_to_come_back(http: httpx.Client, method: str, path: str) -> None:
    files = {"image": jpeg(picture(1))} if method in {"POST", "PUT"} else None
    response = http.request(method, path, files=files)
    problem = Problem.model_validate_json(response.content)
    assert (response.status_code, problem.code) == (503, "upstream_unavailable")
    assert response.headers["retry-after"] == "1"
    assert "127.0.0.1" not in response.text


def test_the_gateway_lives_but_is_not_ready_and_says_why(http: httpx.Client) -> None:
    assert http.get("/healthz").status_code == 200
    readiness = http.get("/readyz")
    assert readiness.status_code == 503
    assert [reason.partition(":")[0] for reason in readiness.json()["waiting_for"]] == ["embedder", "search"]
