"""Trying again what may succeed a little later."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio

from shared.errors import TryAgain

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """Calls again after `TryAgain`; with the defaults it gives up after a minute.

    The pauses double, are never shorter than the answer's Retry-After, and are spread at random, so that many callers
    do not come back at the same moment.
    """

    attempts: int = 8
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 20.0

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """Answer with the first success.

        Raises:
            TryAgain: The last attempt ended so.
        """
        for attempt in range(self.attempts - 1):
            try:
                return await call()
            except TryAgain as error:
                pause = max(self.first_pause_seconds * 2**attempt, error.retry_after or 0)
                spread = 1 + random.random() / 4  # noqa: S311 - nothing secret
                await anyio.sleep(min(pause * spread, self.longest_pause_seconds))
        return await call()
