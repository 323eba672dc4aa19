"""Several things at once, each of them to its end."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


async def together(*works: Awaitable[Result]) -> list[Result]:
    """Give the results in the order of the works; the first failure is raised when all have ended.

    So nothing of them is left when the room that was admitted for them is free again.
    """
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    results: list[Result] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results
