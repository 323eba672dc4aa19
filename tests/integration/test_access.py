"""Keys, as those who have one and those who have none meet them."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.clients.gateway import GatewayClient
from shared.contracts.access import Scope
from shared.contracts.problem import Problem
from shared.errors import Forbidden, Unauthorized
from shared.keys import token as tokens
from shared.keys.file import KeyFile
from tests.support.images import jpeg, picture
from tests.support.serving import serving
from tests.support.stack import Stack, stack

SERVICE_TOKEN = "between-the-services"


@dataclass(frozen=True)
class Guarded:
    services: Stack
    file: KeyFile

    def key(self, *scopes: Scope, collections: Sequence[str] | None = None) -> str:
        """Make a key; the gateway notices it a moment later."""
        key, token = tokens.create("test", scopes, collections)
        self.file.add(key)
        with httpx.Client(base_url=self.services.gateway, headers={"x-api-key": token}) as http:
            for _ in range(600):
                if http.get("/v1/no-such-address").status_code == 404:
                    return token
                asyncio.run(asyncio.sleep(0.05))
        raise AssertionError("the gateway does not notice the key")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("data")
    file = KeyFile(folder / "keys.json")
    with stack(folder, SERVICE_TOKEN, api_keys_file=file.path) as services:
        yield Guarded(services, file)


@pytest.fixture(scope="module")
def admin(guarded: Guarded) -> str:
    return guarded.key("admin")


@pytest.fixture
def http(guarded: Guarded) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded.services.gateway, timeout=30) as client:
        yield client


def code(response: httpx.Response) -> tuple[int, str]:
    problem = Problem.model_validate_json(response.content)
    assert problem.request_id == response.headers["x-request-id"]
    return response.status_code, problem.code


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/docs", "/openapi.json"])
def test_what_says_nothing_of_what_is_stored_is_open(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code in {200, 307}


@pytest.mark.parametrize("path", ["/v1/images", "/v1/stats", "/metrics", "/v1/no-such-address", "/secret"])
def test_everything_else_asks_for_a_key(http: httpx.Client, path: str) -> None:
    refused = http.get(path)
    assert code(refused) == (401, "unauthorized")
    assert refused.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": f"Bearer lookalike_{'0' * 12}_{'0' * 64}"},
        {"authorization": f"Bearer {SERVICE_TOKEN}"},
        {"x-api-key": "é"},
        {"x-api-key": "x" * 4000},
    ],
)
def test_what_is_no_key_opens_nothing(http: httpx.Client, headers: dict[str, str]) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    assert code(http.get("/v1/images", headers=raw)) == (401, "unauthorized")  # type: ignore[arg-type]


def test_a_key_is_shown_in_either_header(http: httpx.Client, admin: str) -> None:
    for headers in (bearer(admin), {"authorization": f"bearer {admin}"}, {"x-api-key": admin}):
        assert http.get("/v1/images", headers=headers).status_code == 200


def test_a_key_does_what_its_scopes_say_and_no_more(guarded: Guarded, http: httpx.Client) -> None:
    searching, writing = guarded.key("search"), guarded.key("write")
    image = {"image": jpeg(picture(1))}
    refused = http.post("/v1/images", files=image, headers=bearer(searching))
    assert code(refused) == (403, "forbidden")
    assert "`write`" in refused.json()["detail"]
    added = http.post("/v1/images", files=image, headers=bearer(writing))
    assert added.status_code == 201
    path = added.json()["image"]["links"]["self"]
    assert code(http.get(path, headers=bearer(writing))) == (403, "forbidden")
    assert http.get(path, headers=bearer(searching)).status_code == 200
    assert code(http.delete(path, headers=bearer(searching))) == (403, "forbidden")
    assert http.delete(path, headers=bearer(writing)).status_code == 200


def test_removing_many_images_takes_more_than_writing_them(guarded: Guarded, http: httpx.Client, admin: str) -> None:
    nothing = {"filter": {"labels": ["nobody has this"]}, "dry_run": False, "count": 0}
    refused = http.post("/v1/images/delete", json=nothing, headers=bearer(guarded.key("write")))
    assert code(refused) == (403, "forbidden")
    assert "`admin`" in refused.json()["detail"]
    assert http.post("/v1/images/delete", json=nothing, headers=bearer(admin)).status_code == 200


def test_a_key_opens_its_collections_and_no_others(guarded: Guarded, http: httpx.Client, admin: str) -> None:
    for collection in ("garden", "cellar"):
        added = http.post(
            f"/v1/images?collection={collection}", files={"image": jpeg(picture(2))}, headers=bearer(admin)
        )
        assert added.is_success
    key = bearer(guarded.key("admin", collections=["garden"]))
    assert http.get("/v1/images?collection=garden", headers=key).status_code == 200
    refused = http.get("/v1/images?collection=cellar", headers=key)
    assert code(refused) == (403, "forbidden")
    assert "cellar" in refused.json()["detail"]
    for others in ("/v1/images", "/v1/images?collection=cellar&collection=garden", "/v1/images?collection=nowhere"):
        assert code(http.get(others, headers=key)) == (403, "forbidden")
    assert code(http.get("/metrics", headers=key)) == (403, "forbidden")
    held = http.get("/v1/stats", headers=key).json()["search"]["collections"]
    assert [collection["name"] for collection in held] == ["garden"]


def test_a_revoked_key_opens_nothing(guarded: Guarded, http: httpx.Client) -> None:
    token = guarded.key("search")
    guarded.file.remove(tokens.key_id(token) or "")
    for _ in range(600):
        if http.get("/v1/images", headers=bearer(token)).status_code == 401:
            return
        asyncio.run(asyncio.sleep(0.05))
    pytest.fail("the key still opens")


def test_the_originals_endpoint_refuses_in_its_own_words(guarded: Guarded, http: httpx.Client) -> None:
    image = {"image": jpeg(picture(1))}
    stranger = http.post("/api/predict", files=image)
    assert (stranger.status_code, stranger.json().keys()) == (401, {"error"})
    assert stranger.headers["content-type"] == "application/json"
    forbidden = http.post("/api/predict", files=image, headers=bearer(guarded.key("write")))
    assert (forbidden.status_code, forbidden.json().keys()) == (403, {"error"})


async def test_the_client_shows_its_key(guarded: Guarded, admin: str) -> None:
    async with httpx.AsyncClient(base_url=guarded.services.gateway) as http:
        await GatewayClient(http, api_key=admin).stats()
        with pytest.raises(Unauthorized):
            await GatewayClient(http).stats()
        with pytest.raises(Forbidden):
            await GatewayClient(http, api_key=await asyncio.to_thread(guarded.key, "write")).stats()


def test_a_page_may_show_a_key(http: httpx.Client, admin: str) -> None:
    origin = {"origin": "http://localhost:3000"}
    asked = {"access-control-request-method": "PATCH", "access-control-request-headers": "authorization, x-api-key"}
    preflight = http.options("/v1/images", headers={**origin, **asked})
    assert preflight.status_code == 200
    assert {"authorization", "x-api-key"} <= set(preflight.headers["access-control-allow-headers"].split(", "))
    assert "access-control-allow-credentials" not in preflight.headers
    assert http.get("/v1/images", headers={**origin, **bearer(admin)}).status_code == 200
    refused = http.get("/v1/images", headers=origin)
    assert refused.headers["access-control-allow-origin"] == origin["origin"]


@pytest.mark.parametrize("service", ["embedder", "search"])
@pytest.mark.parametrize("path", ["/v1/stats", "/v1/space", "/metrics", "/docs", "/openapi.json", "/nowhere"])
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": SERVICE_TOKEN}])
def test_the_services_behind_answer_nobody_without_their_token(
    guarded: Guarded, service: str, path: str, headers: dict[str, str]
) -> None:
    url = getattr(guarded.services, service)
    assert code(httpx.get(url + path, headers=headers)) == (401, "unauthorized")


@pytest.mark.parametrize("service", ["embedder", "search"])
def test_the_services_behind_can_be_probed_and_answer_to_their_token(guarded: Guarded, service: str) -> None:
    url = getattr(guarded.services, service)
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert httpx.get(f"{url}/metrics", headers=bearer(SERVICE_TOKEN)).status_code == 200


def test_a_gateway_with_a_wrong_service_token_says_that_it_is_its_own_fault(guarded: Guarded, tmp_path: Path) -> None:
    settings = GatewaySettings(
        embedder_url=guarded.services.embedder, search_url=guarded.services.search, service_token="wrong"
    )
    with serving(create_app(settings), ready=False) as url:
        assert code(httpx.get(f"{url}/v1/stats")) == (503, "upstream_unavailable")
