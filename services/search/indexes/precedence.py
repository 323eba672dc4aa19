"""Queries go first: what can wait is done in steps between them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

_PATIENCE_SECONDS = 0.02
"""Where queries leave no gap, a step is done after so long all the same: work that can wait must end, too."""

GiveWay: TypeAlias = Callable[[], None]
"""Called between two steps; returns when the next one may be done."""


def at_once() -> None:
    """Go on: nobody is waited for."""


class Precedence:
    """Knows which queries are under way, and has work that can wait pause meanwhile.

    A query neither waits nor takes turns: it only says that it is there. What a step of the other work costs it, in
    the processor's time and in waiting for the interpreter, is bounded by the length of the step.
    """

    def __init__(self) -> None:
        self._ended = threading.Condition()
        self._queries: set[object] = set()

    @contextmanager
    def query(self) -> Iterator[None]:
        """Go first while the body runs."""
        this = object()
        with self._ended:
            self._queries.add(this)
        try:
            yield
        finally:
            with self._ended:
                self._queries.remove(this)
                self._ended.notify_all()

    def give_way(self) -> None:
        """Wait until no query is under way, though not for long."""
        with self._ended:
            self._ended.wait_for(lambda: not self._queries, _PATIENCE_SECONDS)

    def outlast(self) -> None:
        """Wait until the queries that are under way now have ended; those that begin meanwhile do not count."""
        with self._ended:
            present = set(self._queries)
            self._ended.wait_for(lambda: present.isdisjoint(self._queries))
