"""Websites for tests of what is fetched: bytes in, bytes out, and a record of who came."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Page = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
"""A whole answer, or what writes one."""


@dataclass
class Website:
    """Answers by path; `heads` are the requests as they came, and `connections` counts who knocked."""

    pages: dict[str, Page] = field(default_factory=dict)
    port: int = 0
    connections: int = 0
    heads: list[str] = field(default_factory=list)
    _guests: set[asyncio.Task[None]] = field(default_factory=set)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._guests.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(head)
                page = self.pages.get(head.split(" ")[1], answer(b"", status="404 Not Found"))
                if isinstance(page, bytes):
                    writer.write(page)
                    await writer.drain()
                else:
                    await page(writer)
        finally:
            writer.close()
            self._guests.discard(task)

    @asynccontextmanager
    async def on(self, host: str, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        """Listen, and yield the port."""
        server = await asyncio.start_server(self._answer, host, port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self.port
        finally:
            server.close()
            for guest in self._guests:
                guest.cancel()
            await asyncio.gather(*self._guests, return_exceptions=True)


def answer(body: bytes, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> bytes:
    lines = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, {"Location": location})
