"""Executors whose work is done when a test says so."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class OnDemand(Executor):
    """Keeps what is submitted until `run`, in the thread that calls it."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)

        self._waiting.append(work)
        return future

    def __len__(self) -> int:
        return len(self._waiting)

    def run(self) -> None:
        """Do what waits, and what is submitted by that."""
        while self._waiting:
            self._waiting.popleft()()
