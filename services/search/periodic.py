"""Work that comes again and again while the service runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from prometheus_client import Counter

from shared.errors import LookalikeError

_log = logging.getLogger(__name__)


async def repeat(work: Callable[[], Awaitable[None]], what: str, pause_seconds: float, failures: Counter) -> None:
    """Do `work`, pause, and again, until cancelled; a turn that fails is logged and counted, and the next one comes."""
    while True:
        try:
            await work()
        except LookalikeError as error:
            failures.inc()
            _log.warning("%s failed: %s", what, error.detail)
        except Exception:
            failures.inc()
            _log.exception("%s failed", what)
        await asyncio.sleep(pause_seconds)
