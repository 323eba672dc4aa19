"""What stands before several replicas of a service: in production HAProxy, in tests this."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle

import httpx
from fastapi import FastAPI, Request, Response

CHECK_SECONDS = 0.1
_OF_ONE_CONNECTION = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


class Servers:
    """Takes servers in turn, those alone that say that they are ready."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._turn = cycle(urls)
        self._ready: frozenset[str] = frozenset()

    async def watch(self, http: httpx.AsyncClient) -> None:
        while True:
            self._ready = frozenset([url for url in self._urls if await _is_ready(http, url)])
            await asyncio.sleep(CHECK_SECONDS)

    def next(self) -> str | None:
        return next((url for url in (next(self._turn) for _ in self._urls) if url in self._ready), None)


def balancer(urls: Sequence[str]) -> FastAPI:
    """Send each request to the next server that is ready.

    A request whose server dies is answered with 502 and never sent again: whether it was done nobody knows here.
    """
    servers = Servers(urls)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
        async with httpx.AsyncClient(timeout=60) as http:
            watching = asyncio.create_task(servers.watch(http))
            yield {"http": http}
            watching.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.api_route("/{path:path}", methods=["GET", "PUT", "POST", "DELETE"])
    async def forward(request: Request) -> Response:
        if (server := servers.next()) is None:
            return Response(status_code=503)
        http: httpx.AsyncClient = request.state.http
        url = httpx.URL(server).copy_with(path=request.url.path, query=request.url.query.encode())
        headers = {name: value for name, value in request.headers.items() if name not in _OF_ONE_CONNECTION}
        try:
            answer = await http.request(request.method, url, content=await request.body(), headers=headers)
        except httpx.TransportError:
            return Response(status_code=502)
        headers = {name: value for name, value in answer.headers.items() if name not in _OF_ONE_CONNECTION}
        return Response(answer.content, answer.status_code, headers)

    return app


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/readyz")).is_success
    except httpx.TransportError:
        return False
