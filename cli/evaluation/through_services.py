"""The same ranking as users get it: the gallery is uploaded through the gateway, and searched by upload."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from anyio import to_thread

from cli import connection
from cli.concurrency import for_each, given
from cli.connection import Server
from cli.evaluation.picture import Picture
from cli.evaluation.ranking import Ranking
from cli.evaluation.services import running
from cli.evaluation.setup import Setup
from cli.evaluation.task import Task
from cli.ingest.retry import Retry
from cli.progress import OnProgress
from shared.clients.gateway import GatewayClient
from shared.contracts.filters import Filter
from shared.contracts.search import MAX_K, Quality

_UNDER_WAY = 4


async def by_services(setup: Setup, embedder: Server, task: Task, on_progress: OnProgress) -> Ranking:
    """Rank the nearest 1,000 pictures of the gallery, or all where there are fewer, for each query.

    The search service is started anew when the gallery is there: then its index has learned from all of it, and not
    from the half that was there when it last learned.

    Raises:
        CommandFailed: A service does not start, or gives up.
    """
    with tempfile.TemporaryDirectory(prefix="lookalike-") as data:
        environment = setup.environment() | {
            "STORE_URL": f"sqlite:///{Path(data, 'lookalike.db')}",
            "INDEX_FOLDER": "",
            "EMBEDDER_URL": embedder.url,
            "SERVICE_TOKEN": embedder.token or "",
        }
        async with running("search", environment) as search, _gateway(environment, search.url) as client:
            await _Run(client, task, setup.quality, on_progress).upload()
        async with running("search", environment) as search, _gateway(environment, search.url) as client:
            return await _Run(client, task, setup.quality, on_progress).search()


@asynccontextmanager
async def _gateway(environment: Mapping[str, str], search_url: str) -> AsyncIterator[GatewayClient]:
    async with (
        running("gateway", {**environment, "SEARCH_URL": search_url}) as server,
        connection.gateway(Server(server.url), _UNDER_WAY) as client,
    ):
        yield client


class _Run:
    """Sends a task's pictures to a gateway."""

    def __init__(self, client: GatewayClient, task: Task, quality: Quality, on_progress: OnProgress) -> None:
        self._client = client
        self._task = task
        self._quality: Quality = quality
        self._on_progress = on_progress
        self._retry = Retry()
        self._done = 0

    async def upload(self) -> None:
        await for_each(given(enumerate(self._task.gallery)), self._upload, _UNDER_WAY)

    async def search(self) -> Ranking:
        task = self._task
        depth = min(MAX_K, len(task.gallery) - (task.places is not None))
        ranking = Ranking(
            np.empty((len(task.queries), depth), np.int32), np.empty((len(task.queries), depth), np.float32)
        )

        async def search_one(number: int) -> None:
            data = await to_thread.run_sync(task.queries[number].read)
            hidden = () if task.places is None else (_id(task.places[number]),)
            wanted = Filter(not_ids=hidden)
            answer = await self._retry(lambda: self._client.search(data, k=depth, filter=wanted, quality=self._quality))
            ranking.order[number] = [int(result.id) for result in answer.results]
            ranking.distances[number] = [result.distance for result in answer.results]
            self._tell("searching", len(task.queries))

        await for_each(given(range(len(task.queries))), search_one, _UNDER_WAY)
        return ranking

    async def _upload(self, placed: tuple[int, Picture]) -> None:
        place, picture = placed
        data = await to_thread.run_sync(picture.read)
        # Ids in the order of the gallery: of equally near pictures the index gives that of the smallest id first.
        await self._retry(lambda: self._client.put(_id(place), data, label=picture.label))
        self._tell("uploading", len(self._task.gallery))

    def _tell(self, doing: str, total: int) -> None:
        self._done += 1
        self._on_progress(self._done, total, doing)


def _id(place: int) -> str:
    return f"{place:08}"
