"""Work for a client that may leave before it is done, or waits no longer than it has said."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from starlette.requests import Request

from shared import deadline

Result = TypeVar("Result")


class ClientLeft(Exception):
    """The client has closed its connection: nobody waits for an answer."""


async def unless_client_leaves(request: Request, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do the work, and cancel it when the client closes its connection or its deadline has passed.

    Args:
        request: Its body has been read.
        work: What is done; its exceptions are raised here as they are.

    Raises:
        ClientLeft: The connection was closed first.
        UpstreamTimeout: The deadline passed first.
    """
    async with deadline.enforced():
        return await _unless_disconnected(request, work)


async def _unless_disconnected(request: Request, work: Callable[[], Awaitable[Result]]) -> Result:
    results: list[Result] = []
    failures: list[Exception] = []

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            results.append(await work())
        except Exception as error:
            failures.append(error)  # out of here it would come as a group
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    if not results:
        raise ClientLeft
    return results[0]
