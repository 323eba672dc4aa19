import base64
import hashlib
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from shared.security_headers import DATA_POLICY, SecurityHeaders

SCRIPT = "let page = 'of our own'"


async def file(request: Request) -> Response:
    return Response(b"bytes", media_type=request.query_params["type"])


async def page(_: Request) -> Response:
    return HTMLResponse(f"<script src='/x.js'></script><script>{SCRIPT}</script>")


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/file", file), Route("/docs", page), Route("/other", page)])
    guarded = SecurityHeaders(app, frozenset({"/docs"}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://test")


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/avif", "application/json", "text/plain"])
async def test_a_usual_type_may_be_shown(client: httpx.AsyncClient, media_type: str) -> None:
    headers = (await client.get("/file", params={"type": media_type})).headers
    assert "content-disposition" not in headers
    assert headers["content-security-policy"] == DATA_POLICY


@pytest.mark.parametrize("media_type", ["image/svg+xml", "application/pdf", "application/xhtml+xml", "x/y"])
async def test_an_odd_type_is_for_keeping_only(client: httpx.AsyncClient, media_type: str) -> None:
    headers = (await client.get("/file", params={"type": media_type})).headers
    assert headers["content-disposition"] == "attachment"
    assert headers["content-security-policy"] == DATA_POLICY
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_page_of_our_own_may_run_its_own_script_and_no_other(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/docs")).headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert re.findall(r"script-src ([^;]*)", policy) == [f"'self' 'sha256-{digest}'"]
    assert "frame-ancestors 'none'" in policy


async def test_html_of_anybody_else_runs_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/other")).headers["content-security-policy"] == DATA_POLICY
