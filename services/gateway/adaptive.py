"""How many searches at once keep each of them quick: found out from how long they take."""

import statistics
from collections import deque

WINDOW = 16
"""Searches that are looked at together before the limit changes."""
TOLERANCE = 2.0
"""How many times as long as in quiet a search may take, in the median, before fewer are let in."""
FORGETTING = 1.0002
"""By how much a window makes the memory of quiet fade: what was quick once may have become slow for good."""


class AdaptiveLimit:
    """Doubles until searches are slow for the first time, then grows by one and shrinks in proportion, as TCP does.

    What is quick is learned for each kind of search: the smallest median that it had in any window.

    Args:
        floor: The limit never falls below this: so many keep the machine busy.
        ceiling: Nor does it rise above this.
    """

    def __init__(self, floor: int, ceiling: int) -> None:
        self._floor = min(floor, ceiling)
        self._ceiling = ceiling
        self._limit = float(self._floor)
        self._quiet: dict[str, float] = {}
        self._windows: dict[str, deque[float]] = {}
        self._was_reached = False
        self._is_starting = True

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return int(self._limit)

    def reached(self) -> None:
        """Take note that the limit holds work back: only then is it worth raising."""
        self._was_reached = True

    def observe(self, kind: str, seconds: float) -> None:
        """Learn from one that came to its end.

        Args:
            kind: Which kind of search it was; there is a small number of kinds.
            seconds: How long it took.
        """
        window = self._windows.setdefault(kind, deque(maxlen=WINDOW))
        window.append(seconds)
        if len(window) == WINDOW:
            median = statistics.median(window)
            window.clear()
            self._quiet[kind] = min(self._quiet.get(kind, median) * FORGETTING, median)
            self._change(median / self._quiet[kind])

    def _change(self, slowness: float) -> None:
        if slowness > TOLERANCE:
            self._limit = max(self._floor, self._limit * max(0.5, TOLERANCE / slowness))
            self._is_starting = False
        elif self._was_reached:
            self._limit = min(self._ceiling, self._limit + (self._limit if self._is_starting else 1))
        self._was_reached = False
