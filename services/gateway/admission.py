"""The limit on uploads in flight: each holds a whole file in memory, so their number bounds the memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Overloaded


class Admission:
    """Admits up to `limit` pieces of work at a time, and turns the next one away at once instead of queueing it."""

    def __init__(self, limit: int) -> None:
        self._free = limit

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one place while the body runs.

        Raises:
            Overloaded: All places are taken.
        """
        if not self._free:
            raise Overloaded("As many uploads as this service takes at a time are under way.")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
