"""Work on all cores, for kernels that use one."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

_PER_CORE = 2
"""Pieces: where one core is held up, another one takes over."""


def in_pieces(work: Callable[[slice], None], count: int, least: int) -> None:
    """Call `work` for pieces of `count` rows, several at once.

    Args:
        work: Lets go of the interpreter's lock while it computes, and calls nothing that is itself done in pieces.
        count: How many rows there are.
        least: Of fewer rows no piece is made.
    """
    pieces = max(1, min(_PER_CORE * _cores(), count // least))
    bounds = [count * number // pieces for number in range(pieces + 1)]
    slices = [slice(start, stop) for start, stop in pairwise(bounds)]
    if len(slices) == 1:
        work(slices[0])
    else:
        list(_threads().map(work, slices))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "scanning")
