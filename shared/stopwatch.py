"""Times of the stages of a piece of work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.contracts.timings import Stage, Timings


class Stopwatch:
    """Adds up the time of each stage, in milliseconds, and of the whole since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._stages: Timings = {}

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Count the time of the body to this stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._stages[name] = self._stages.get(name, 0) + _milliseconds(began)

    def read(self) -> Timings:
        """Give the stages so far."""
        return dict(self._stages)

    def finish(self, others: Timings) -> Timings:
        """Give these stages, others that were timed elsewhere, and the total."""
        return {**self._stages, **others, "total": _milliseconds(self._began)}


def server_timing(timings: Timings) -> str:
    """Write timings as the header `Server-Timing` has them; browsers show them beside the request."""
    return ", ".join(f"{stage};dur={milliseconds:.1f}" for stage, milliseconds in timings.items())


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
