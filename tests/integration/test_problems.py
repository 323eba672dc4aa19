"""Whatever the gateway refuses, at whatever address, it says as a problem document, and its description says so too."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.contracts.problem import MEDIA_TYPE, Problem
from tests.support.openapi.documents import FOLDER, read
from tests.support.serving import serving

PREDICT = "/api/predict"
DOCUMENT = read(FOLDER / "gateway.json")
OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
PATHS = list(DOCUMENT["paths"])
WITH_BODY = [(method, path) for method, path, operation in OPERATIONS if "requestBody" in operation]
LIMIT = 1024


def address(path: str) -> str:
    """A real address for a path of the description."""
    return re.sub(r"\{decision_id}", "0" * 32, re.sub(r"\{(image_id|name|alias)}", "kite", path))


def methods(at: str) -> set[str]:
    """What the description admits at an address: several of its paths may match one."""
    templates = {path: re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) for path in PATHS}
    return {method for method, path, _ in OPERATIONS if re.fullmatch(templates[path], at)}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A gateway with a page and nobody behind it: all that is asked for here is refused before anybody is needed."""
    page: Path = tmp_path_factory.mktemp("page")
    (page / "status").mkdir()
    for name in ("index.html", "404.html", "status/index.html"):
        (page / name).write_text("<!doctype html>")
    settings = GatewaySettings(web_folder=page, max_body_bytes=LIMIT, url_fetch=True)
    with serving(create_app(settings), ready=False) as url, httpx.Client(base_url=url) as client:
        yield client


def problem(response: httpx.Response, status: int, code: str) -> httpx.Response:
    assert response.status_code == status
    if response.request.method == "HEAD":
        assert response.headers["content-type"] == MEDIA_TYPE
    elif response.url.path == PREDICT:  # as the original's own clients read it
        assert response.headers["content-type"] == "application/json"
        assert response.json().keys() == {"error"}
    else:
        assert response.headers["content-type"] == MEDIA_TYPE
        told = Problem.model_validate_json(response.content)
        assert (told.status, told.code) == (status, code)
        assert told.request_id == response.headers["x-request-id"]
    return response


NOWHERE = (
    "/nowhere",
    "/v1",
    "/v1/nowhere",
    "/v1/images/kite/nowhere",
    "/v1/search/by-smell",
    "/api/nowhere",
    "/docs/nowhere",
    "/static-offline-docs/nowhere.js",
    "/_next/static/nowhere.js",
    "/status/nowhere",
    "/%00",
)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [path for path in NOWHERE if "static-offline" not in path])
def test_an_address_that_leads_nowhere(http: httpx.Client, method: str, path: str) -> None:
    problem(http.request(method, path), 404, "not_found")


def test_a_file_of_the_documentation_that_there_is_not(http: httpx.Client) -> None:
    problem(http.get("/static-offline-docs/nowhere.js"), 404, "not_found")


@pytest.mark.parametrize("path", ["/v1/nowhere", "/api/nowhere"])
def test_below_the_api_browsers_are_told_as_programs_are(http: httpx.Client, path: str) -> None:
    problem(http.get(path, headers={"accept": "text/html"}), 404, "not_found")


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_an_address_has_not(http: httpx.Client, path: str) -> None:
    at = address(path)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods(at):
        refused = problem(http.request(method, at), 405, "method_not_allowed")
        assert set(refused.headers["allow"].split(", ")) == methods(at)


@pytest.mark.parametrize(
    "path", ["/", "/status", "/status/", "/404.html", "/docs", "/openapi.json", "/static-offline-docs/swagger-ui.css"]
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_a_method_that_a_page_has_not(http: httpx.Client, method: str, path: str) -> None:
    refused = problem(http.request(method, path), 405, "method_not_allowed")
    assert "GET" in refused.headers["allow"]


@pytest.mark.parametrize(("method", "path"), [*WITH_BODY, ("POST", "/nowhere")])
def test_a_body_that_is_too_long(http: httpx.Client, method: str, path: str) -> None:
    problem(http.request(method, address(path), content=b"x" * (LIMIT + 1)), 413, "body_too_large")


@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=b", "text/plain"])
def test_a_body_that_is_not_what_is_asked_for(http: httpx.Client, method: str, path: str, media_type: str) -> None:
    answer = http.request(method, address(path), content=b"\xff{", headers={"content-type": media_type})
    if path == PREDICT:  # there a missing file is told as the original does
        assert answer.json().keys() == {"error"}
    else:
        problem(answer, answer.status_code, answer.json()["code"])
        assert (answer.status_code, answer.json()["code"]) in {(422, "invalid_request"), (422, "invalid_examples")}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_a_header_that_is_wrong(http: httpx.Client, method: str, path: str, operation: dict[str, Any]) -> None:
    problem(http.request(method, address(path), headers={"x-request-deadline": "soon"}), 422, "invalid_request")


@pytest.mark.parametrize(("origin", "method"), [("https://example.org", "POST"), ("http://localhost:1", "TRACE")])
def test_a_page_that_may_not_call_is_told_in_advance(http: httpx.Client, origin: str, method: str) -> None:
    asked = {"origin": origin, "access-control-request-method": method}
    refused = http.options("/v1/images", headers=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)
def test_the_description_has_the_refusals_of_each_operation(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    expected = {"default", "422", "500", "504"} | ({"408", "413"} if "requestBody" in operation else set())
    if "security" in operation:
        expected |= {"401", "403", "421", "429", "503"}
    if "{" in path and method != "PUT":
        expected |= {"404"}
    assert expected <= answers.keys()
    media_type, schema = ("application/json", "PredictError") if path == PREDICT else (MEDIA_TYPE, "Problem")
    for status, answer in answers.items():
        if (status == "default" or int(status) >= 400) and (path, status) != ("/readyz", "503"):
            assert answer["content"] == {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
