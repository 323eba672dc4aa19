"""The command line's connections to the gateway, to search services and to embedders."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx

from cli import failures
from shared.clients.blocking import BlockingGatewayClient
from shared.clients.embedder import EmbedderClient
from shared.clients.gateway import GatewayClient
from shared.clients.search import SearchClient
from shared.errors import LookalikeError

_TIMEOUT = httpx.Timeout(60, connect=5)
# A proxy of the company's does not reach this machine's own loopback.
_NO_PROXY: dict[str, httpx.AsyncBaseTransport | None] = {"all://127.0.0.1": None, "all://localhost": None}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a service is, and what is shown to it: an API key, or the service token."""

    url: str
    token: str | None = field(default=None, repr=False)


@asynccontextmanager
async def gateway(server: Server, connections: int = 2) -> AsyncIterator[GatewayClient]:
    """Open a client with up to `connections` requests under way; its errors become `CommandFailed`."""
    async with _opened(server.url, connections) as http:
        try:
            yield GatewayClient(http, api_key=server.token)
        except LookalikeError as error:
            raise failures.of_gateway(error, server.url) from error


@contextmanager
def blocking_gateway(server: Server) -> Iterator[BlockingGatewayClient]:
    """Open a client for commands that do one thing after the other, likewise."""
    with BlockingGatewayClient(_opened(server.url, connections=1), api_key=server.token) as client:
        try:
            yield client
        except LookalikeError as error:
            raise failures.of_gateway(error, server.url) from error


@asynccontextmanager
async def search(server: Server, connections: int = 2) -> AsyncIterator[SearchClient]:
    """Open a client of a search service, likewise."""
    async with _opened(server.url, connections) as http:
        try:
            yield SearchClient("search", http, deadline=60, token=server.token)
        except LookalikeError as error:
            raise failures.of_search(error) from error


@asynccontextmanager
async def embedder(server: Server, connections: int = 2) -> AsyncIterator[EmbedderClient]:
    """Open a client of an embedder, likewise."""
    async with _opened(server.url, connections) as http:
        try:
            yield EmbedderClient("embedder", http, deadline=300, token=server.token)
        except LookalikeError as error:
            raise failures.of_embedder(error) from error


def _opened(url: str, connections: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=connections)
    return httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, limits=limits, mounts=_NO_PROXY)
