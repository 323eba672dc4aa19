"""Queries that wait for the same index are answered together: what an index does for one it does for all of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread

from services.search.metrics import SearchMetrics
from services.search.ports import Hit, Query, VectorIndex
from shared import deadline, tracing
from shared.errors import Overloaded


@dataclass(frozen=True, slots=True)
class _Waiting:
    index: VectorIndex
    query: Query
    answer: asyncio.Future[list[Hit]]


class QueryBatches:
    """One thread asks the index, or a few where another server computes; what arrives meanwhile is the next batch.

    An index in memory takes as many cores as there are. Nobody waits for a batch to fill. Queries whose callers have
    gone, or wait no longer, are not computed.

    Args:
        max_batch: Queries that are answered together at most.
        max_waiting: Queries that may wait.
        metrics: Told of times and sizes.
        at_once: Batches that are under way at once.
    """

    def __init__(self, max_batch: int, max_waiting: int, metrics: SearchMetrics, at_once: int = 1) -> None:
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._metrics = metrics
        self._at_once = at_once
        self._threads = CapacityLimiter(at_once)
        self._waiting: list[_Waiting] = []
        self._working: set[asyncio.Task[None]] = set()

    async def search(self, index: VectorIndex, query: Query) -> list[Hit]:
        """Answer a query.

        Raises:
            Overloaded: As many queries are waiting as are admitted.
            UpstreamTimeout: The caller's deadline has passed.
        """
        self._waiting = [waiting for waiting in self._waiting if not waiting.answer.done()]
        if len(self._waiting) >= self._max_waiting:
            raise Overloaded("As many queries as this service lets wait are waiting.")
        waiting = _Waiting(index, query, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._working = {task for task in self._working if not task.done()}
        if len(self._working) < self._at_once:
            self._working.add(asyncio.create_task(self._work()))
        async with deadline.enforced():
            with tracing.span("index search"):
                return await waiting.answer

    async def _work(self) -> None:
        while batch := self._next_batch():
            queries = [waiting.query for waiting in batch]
            try:
                answers = await to_thread.run_sync(self._timed, batch[0].index, queries, limiter=self._threads)
            except Exception as error:  # each of the callers is told
                for waiting in batch:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
            else:
                for waiting, hits in zip(batch, answers, strict=True):
                    if not waiting.answer.done():
                        waiting.answer.set_result(hits)

    def _next_batch(self) -> list[_Waiting]:
        """Take the query that has waited longest, and others for the same index."""
        there = [waiting for waiting in self._waiting if not waiting.answer.done()]
        batch = [waiting for waiting in there if waiting.index is there[0].index][: self._max_batch]
        taken = set(map(id, batch))
        self._waiting = [waiting for waiting in there if id(waiting) not in taken]
        return batch

    def _timed(self, index: VectorIndex, queries: Sequence[Query]) -> list[list[Hit]]:
        self._metrics.query_batch.observe(len(queries))
        with self._metrics.query_seconds.time():
            return index.search(queries)
