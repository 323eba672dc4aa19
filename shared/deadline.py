"""How long whoever called still waits for the answer, passed on from service to service.

The time travels as milliseconds that are left: the clocks of two machines need not agree.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from shared.errors import UpstreamTimeout

HEADER = "x-request-deadline"

_end: ContextVar[float | None] = ContextVar("deadline", default=None)
"""On the clock of `time.monotonic`; None where nobody has said how long they wait."""


def start(seconds: float) -> None:
    """Give the current request so many seconds; never reset, for each request is a task of its own."""
    _end.set(time.monotonic() + seconds)


def remaining() -> float | None:
    """Tell how many seconds are left, 0 where none are, None where nobody has said."""
    end = _end.get()
    return None if end is None else max(0.0, end - time.monotonic())


@asynccontextmanager
async def enforced() -> AsyncIterator[None]:
    """Do the work inside only as long as somebody waits for it; it is cancelled then.

    Raises:
        UpstreamTimeout: The time is over.
    """
    try:
        async with asyncio.timeout(remaining()) as scope:
            yield
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise passed() from error


def passed() -> UpstreamTimeout:
    """Make the answer for whom nobody waits any more."""
    return UpstreamTimeout("The time that was given for the answer is over.")
