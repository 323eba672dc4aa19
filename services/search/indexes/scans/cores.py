"""Work on all cores, for kernels that use one."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

_PER_CORE = 8
"""Pieces: where one core is held up, another one takes over."""


def in_pieces(work: Callable[[slice], None], count: int, least: int) -> None:
    """Call `work` for pieces of `count` rows, in the calling thread and, as soon as they wake up, in others.

    Args:
        work: Lets go of the interpreter's lock while it computes, and calls nothing that is itself done in pieces.
        count: How many rows there are.
        least: Of fewer rows no piece is made.
    """
    number = max(1, min(_PER_CORE * _cores(), count // least))
    bounds = [count * place // number for place in range(number + 1)]
    pieces = iter([slice(start, stop) for start, stop in pairwise(bounds)])

    def take() -> None:
        for piece in pieces:
            work(piece)

    helpers = [_threads().submit(take) for _ in range(min(_cores(), number) - 1)]
    take()
    for helper in helpers:
        if not helper.cancel():
            helper.result()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "scanning")
