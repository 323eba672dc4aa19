"""A bound on the bytes of files that are in memory at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class ByteBudget:
    """Lets tasks hold up to `limit` bytes together; who asks for more than is free waits, first come, first served."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free = limit
        self._turn = anyio.Lock()
        self._returned = anyio.Event()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes, at most `limit`, while the body runs."""
        async with self._turn:
            while self._free < size:
                self._returned = anyio.Event()
                await self._returned.wait()
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._returned.set()
