"""Work that goes on when the request that began it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Tasks:
    """Tasks that are run to their end, and waited for before the store is closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        """Begin something whose failure is of no interest to anybody who does not wait for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do something; whoever waits for it may be cancelled, it is not."""
        return await asyncio.shield(self.start(work))

    async def finish(self) -> None:
        """Wait for what is under way, and for what that begins."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()
