"""Reports of near-duplicates, made in the background: one at a time, the last few kept."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from services.search.follower import Follower
from services.search.ports import Group
from shared.errors import Overloaded

_KEPT = 4
"""Reports in memory, each with a number for every image that has a near-duplicate."""
_WAITING = 8

_log = logging.getLogger(__name__)

Key = tuple[str, float]
"""The key of a collection, and the least score within a group."""


@dataclass(frozen=True, slots=True)
class Report:
    """Groups in the order of the ids of their leaders, as of a revision."""

    revision: int
    groups: Sequence[Group]
    seconds: float
    """How long the search took."""
    made_at: float


@dataclass(slots=True)
class _Job:
    """A search for groups, under way or waiting for its turn."""

    task: asyncio.Task[None] | None = None
    progress: float = 0
    broken_off: bool = False


class _BrokenOff(Exception):
    """Nobody is there any more to read the report."""


class Grouping:
    """Finds groups of images in a thread that lets queries go first, and remembers what it found.

    A report stays what it is while images are written: a new one is begun when the old one is asked for and is out of
    date, but not before as much time has passed as the old one took, so that half of that thread's time stays free.

    Args:
        follower: Has the indexes.
        thread: Does the work, one search at a time.
    """

    def __init__(self, follower: Follower, thread: Executor) -> None:
        self._follower = follower
        self._thread = thread
        self._reports: OrderedDict[Key, Report] = OrderedDict()
        self._jobs: dict[Key, _Job] = {}

    async def report(
        self, in_collection: str, least_score: float, min_revision: int = 0
    ) -> tuple[Report | None, float]:
        """Give the last report on the collection with this key that has all writes up to `min_revision`.

        None where there is none. Beside it: how far the next one is, from 0 to 1.

        Raises:
            Overloaded: As many reports are being made as may wait.
        """
        key = in_collection, least_score
        found = self._reports.get(key)
        if found is not None:
            self._reports.move_to_end(key)
        enough = found is not None and found.revision >= min_revision
        there_is_room = len(self._jobs) < _WAITING
        if found is None or not enough or (there_is_room and self._is_due(found)):
            self._begin(key)
        job = self._jobs.get(key)
        return (found if enough else None), 1.0 if job is None else job.progress

    async def close(self) -> None:
        """Break off what is under way."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for job in self._jobs.values():
            job.broken_off = True
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_due(self, report: Report) -> bool:
        return self._follower.revision > report.revision and time.monotonic() - report.made_at > report.seconds

    def _begin(self, key: Key) -> None:
        if key in self._jobs:
            return
        if len(self._jobs) >= _WAITING:
            raise Overloaded("As many reports as this service makes at a time are being made.")
        job = _Job()
        self._jobs[key] = job
        job.task = asyncio.create_task(self._make(key, job))

    async def _make(self, key: Key, job: _Job) -> None:
        try:
            made = await asyncio.get_running_loop().run_in_executor(self._thread, self._search, key, job)
        except _BrokenOff:
            return
        except Exception:
            _log.exception("near-duplicates could not be looked for")
            return
        finally:
            del self._jobs[key]
        if made is not None:
            self._reports[key] = made
            self._reports.move_to_end(key)
        while len(self._reports) > _KEPT:
            self._reports.popitem(last=False)

    def _search(self, key: Key, job: _Job) -> Report | None:
        def told(progress: float) -> None:
            if job.broken_off:
                raise _BrokenOff
            job.progress = progress

        told(0)
        in_collection, least_score = key
        began = time.monotonic()
        # In this order: the index may be ahead of the revision, and never behind.
        revision, shelves = self._follower.revision, self._follower.current()
        if shelves is None or (shelf := shelves.by_key.get(in_collection)) is None:
            return None
        groups = shelf.index.groups(least_score, told)
        ended = time.monotonic()
        return Report(revision, groups, ended - began, ended)
