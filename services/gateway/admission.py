"""The limits on what is under way: work beyond them is turned away at once instead of queued."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.gateway.adaptive import AdaptiveLimit
from shared.errors import Overloaded


class Admission:
    """Admits up to `limit` pieces of work at a time."""

    def __init__(self, limit: int | AdaptiveLimit) -> None:
        self._limit = limit
        self._taken = 0

    @property
    def is_full(self) -> bool:
        """Whether the next one would be turned away."""
        limit = self._limit if isinstance(self._limit, int) else self._limit.limit
        return self._taken >= limit

    def check(self) -> None:
        """Look whether there is a place, without taking it.

        Raises:
            Overloaded: All places are taken.
        """
        if self.is_full:
            if isinstance(self._limit, AdaptiveLimit):
                self._limit.reached()
            raise Overloaded("As much as this service does at a time is under way.")

    @contextmanager
    def slot(self, kind: str = "") -> Iterator[None]:
        """Hold one place while the body runs; `kind` says of what kind the work is.

        Raises:
            Overloaded: All places are taken.
        """
        self.check()
        self._taken += 1
        began = time.perf_counter()
        try:
            yield
        finally:
            self._taken -= 1
        if isinstance(self._limit, AdaptiveLimit):
            self._limit.observe(kind, time.perf_counter() - began)
