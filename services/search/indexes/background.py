"""Threads for what nobody waits for: queries come first."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

_NICENESS = 10


def merging_thread() -> ThreadPoolExecutor:
    """Make one thread that takes what time the others leave."""
    return ThreadPoolExecutor(1, "merging", initializer=_step_back)


def grouping_thread() -> ThreadPoolExecutor:
    """Make one thread that looks for near-duplicates in what time the others leave."""
    return ThreadPoolExecutor(1, "grouping", initializer=_step_back)


def _step_back() -> None:
    # Linux gives each thread a priority of its own.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
