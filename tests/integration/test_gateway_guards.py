"""What the gateway does about strange hosts, browsers and those who call too often."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.security_headers import DATA_POLICY
from tests.support.images import jpeg, picture
from tests.support.serving import serving
from tests.support.stack import Stack


@contextmanager
def gateway(**settings: Any) -> Iterator[httpx.Client]:
    """A gateway by itself: what is looked at here needs nobody behind it."""
    with serving(create_app(GatewaySettings(**settings)), ready=False) as url, httpx.Client(base_url=url) as http:
        yield http


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_a_request_for_this_machine_is_answered(services: Stack, host: str) -> None:
    assert httpx.get(f"{services.gateway}/v1/images", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "127.0.0.1.example.org", "", "[::2]", "*"])
def test_a_name_that_was_made_to_lead_here_is_not_answered(services: Stack, host: str) -> None:
    refused = httpx.get(f"{services.gateway}/v1/images", headers={"host": host})
    assert (refused.status_code, refused.json()["code"]) == (421, "misdirected_request")
    assert refused.json()["request_id"] == refused.headers["x-request-id"]


def test_a_probe_may_call_by_any_address(services: Stack) -> None:
    assert httpx.get(f"{services.gateway}/readyz", headers={"host": "10.1.2.3:8000"}).status_code == 200


def test_other_names_are_a_setting() -> None:
    with gateway(allowed_hosts="lookalike.example.org, *.shop.example") as http:
        for host, status in (("lookalike.example.org", 404), ("a.b.shop.example:80", 404), ("shop.example", 421)):
            assert http.get("/v1/nothing", headers={"host": host}).status_code == status
    with gateway(allowed_hosts="*") as http:
        assert http.get("/v1/nothing", headers={"host": "anything.example"}).status_code == 404


def test_a_stored_file_can_do_nothing_in_a_browser(services: Stack) -> None:
    added = httpx.post(f"{services.gateway}/v1/images", files={"image": jpeg(picture(1))}, timeout=30).json()
    content = httpx.get(services.gateway + added["image"]["links"]["content"])
    assert content.headers["content-security-policy"] == DATA_POLICY
    assert content.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in content.headers


def test_every_answer_carries_the_headers(services: Stack) -> None:
    for url in (f"{services.gateway}/v1/nothing", f"{services.embedder}/healthz", f"{services.search}/v1/stats"):
        headers = httpx.get(url).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_calls_beyond_the_rate_of_an_address_are_turned_away() -> None:
    with gateway(address_rate_limit="2/hour") as http:
        answers = [http.get("/v1/nothing") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert answers[0].headers["ratelimit"].startswith('"address";r=1;t=')
        assert answers[2].headers["ratelimit-policy"] == '"address";q=2;w=3600'
        assert answers[2].json()["code"] == "rate_limited"
        assert 1 <= int(answers[2].headers["retry-after"]) <= 3600
        assert http.get("/healthz").status_code == 200


def test_only_a_trusted_proxy_may_say_for_whom_it_calls() -> None:
    with gateway(address_rate_limit="1/hour") as http:
        statuses = [http.get("/v1/x", headers={"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in range(2)]
        assert statuses == [404, 429]
    with gateway(address_rate_limit="1/hour", trusted_proxies="127.0.0.0/8") as http:
        statuses = [http.get("/v1/x", headers={"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in (1, 2, 1)]
        assert statuses == [404, 404, 429]


def test_wrong_keys_count_for_the_address_that_tries_them(tmp_path: Any) -> None:
    with gateway(address_rate_limit="2/hour", api_keys_file=tmp_path / "keys.json") as http:
        tried = [http.get("/v1/stats", headers={"x-api-key": f"guess-{n}"}).status_code for n in range(3)]
        assert tried == [401, 401, 429]
