"""Several things at once, of which the first failure ends all."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

import anyio
from anyio.abc import ObjectReceiveStream

Item = TypeVar("Item")


async def for_each(items: AsyncGenerator[Item, None], work: Callable[[Item], Awaitable[None]], jobs: int) -> None:
    """Work on items, on up to `jobs` at once. The first exception stops all the rest, and is raised as it is."""
    failures: list[Exception] = []
    async with anyio.create_task_group() as group:

        async def take(queue: ObjectReceiveStream[Item]) -> None:
            try:
                async with queue:
                    async for item in queue:
                        await work(item)
            except Exception as error:
                failures.append(error)
                group.cancel_scope.cancel()

        sending, receiving = anyio.create_memory_object_stream[Item]()
        for _ in range(jobs):
            group.start_soon(take, receiving.clone())
        receiving.close()
        try:
            async with sending, aclosing(items):
                async for item in items:
                    await sending.send(item)
        except Exception as error:
            failures.append(error)
            group.cancel_scope.cancel()
    if failures:
        raise failures[0]


async def together(*works: Callable[[], Awaitable[None]]) -> None:
    """Do all of these at once. The first exception stops all the rest, and is raised as it is."""
    await for_each(given(works), lambda work: work(), len(works))


async def given(items: Iterable[Item]) -> AsyncGenerator[Item, None]:
    """Go through items that are there already."""
    for item in items:
        yield item
