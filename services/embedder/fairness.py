"""Turns for the requests that want the same thing: one with many images holds up none with few."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from shared.logging import request_id

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """A queue that serves one item of each request in turn; those of one request keep their order."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[Item]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def push(self, item: Item) -> None:
        """Put an item into the line of the current request."""
        self._lines.setdefault(request_id.get(), deque()).append(item)
        self._length += 1

    def pop(self) -> Item:
        """Take the first item of the request whose turn it is.

        Raises:
            KeyError: The queue is empty.
        """
        request, line = self._lines.popitem(last=False)
        item = line.popleft()
        if line:
            self._lines[request] = line
        self._length -= 1
        return item

    def withdraw(self, item: Item) -> bool:
        """Take an item of the current request back; whether it was still there."""
        line = self._lines.get(request_id.get(), deque())
        if item not in line:
            return False
        line.remove(item)
        if not line:
            del self._lines[request_id.get()]
        self._length -= 1
        return True


class Turns:
    """Lets a bounded number in at the same time, the requests in turn.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold it inside the block."""
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.push(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not self._waiting.withdraw(turn) and not turn.cancelled():  # its turn came while the caller left
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while len(self._waiting):
            turn = self._waiting.pop()
            if not turn.done():  # else its caller is leaving
                turn.set_result(None)
                return
        self._free += 1
