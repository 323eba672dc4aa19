from contextlib import ExitStack

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.gateway.overload import OverloadGuard, Work

FILE = {"content-type": "multipart/form-data; boundary=b"}


async def never_read() -> Message:
    raise AssertionError("the body is read")


async def answer(work: Work, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Send the head of a request; the body never comes."""
    sent: list[Message] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
    await OverloadGuard(handler, work)(scope, never_read, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


async def test_a_file_beyond_the_limit_is_turned_away_before_it_is_read() -> None:
    work = Work.up_to(2)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(work.bodies.slot())
        status, headers = await answer(work, "POST", "/v1/images", FILE)
        assert (status, headers["retry-after"]) == (503, "1")
        assert (await answer(work, "PUT", "/v1/images/x", {}))[0] == 503  # of unknown length
        assert (await answer(work, "POST", "/v1/images/known", {"content-length": "100"}))[0] == 200
        assert (await answer(work, "GET", "/v1/images", {}))[0] == 200
    assert (await answer(work, "POST", "/v1/images", FILE))[0] == 200


@pytest.mark.parametrize("path", ["/v1/search", "/v1/search/url", "/v1/images/x/similar", "/api/predict"])
async def test_where_searches_have_no_place_writes_and_heat_maps_may_have_one(path: str) -> None:
    work = Work.up_to(8)
    with ExitStack() as held:
        while not work.searches.is_full:
            held.enter_context(work.searches.slot())
        assert (await answer(work, "POST", path, FILE))[0] == 503
        assert (await answer(work, "POST", "/v1/images", FILE))[0] == 200
        assert (await answer(work, "POST", "/v1/images/x/heatmap", FILE))[0] == 200
    assert (await answer(work, "POST", path, FILE))[0] == 200


async def test_a_place_is_free_again_when_the_answer_is_there() -> None:
    work = Work.up_to(1)
    for _ in range(3):
        assert (await answer(work, "POST", "/v1/images", FILE))[0] == 200
