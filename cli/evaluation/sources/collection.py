"""A running collection: its pictures, labels and vectors as the services have them."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import numpy as np
from numpy.typing import NDArray

from cli import connection
from cli.connection import Server
from cli.evaluation.picture import Picture
from cli.evaluation.task import Task, leave_one_out
from cli.failures import CommandFailed
from cli.progress import OnProgress
from shared.contracts.embedding import SpaceRef

_PAGE = 100
"""As many vectors as the search service gives at once."""


@dataclass(frozen=True)
class Holdings:
    """The labelled images of a collection."""

    task: Task
    space: SpaceRef
    vectors: NDArray[np.float32]
    """(n, dimensions), in the order of the task's gallery."""


async def read(server: Server, collection: str, on_progress: OnProgress) -> Holdings:
    """Read the records and vectors of all images that have a label; each is to find the others of its label.

    Raises:
        CommandFailed: There is no such collection, its labels are of no use, or the service cannot be reached.
    """
    async with connection.search(server) as client:
        held = {stats.name: stats for stats in (await client.stats()).collections}.get(collection)
        if held is None or held.space is None:
            raise CommandFailed(f"The collection {collection} holds no images.", "Fill it: lookalike ingest DIR")
        pictures: list[Picture] = []
        vectors: list[NDArray[np.float32]] = []
        after, seen = None, 0
        while True:
            page = await client.page(collection, after, _PAGE)
            labels = {record.id: record.label for record in page.records if record.label is not None}
            for one in (await client.vectors(collection, list(labels))).vectors if labels else ():
                pictures.append(Picture(one.id, labels[one.id], _reader(server, collection, one.id)))
                vectors.append(np.frombuffer(one.vector, "<f4"))
            seen += len(page.records)
            on_progress(seen, held.images)
            if (after := page.next_after) is None:
                break
    task = leave_one_out(collection, pictures)
    return Holdings(task, held.space, np.stack(vectors))


def _reader(server: Server, collection: str, image_id: str) -> Callable[[], bytes]:
    address = f"{server.url}/v1/collections/{quote(collection)}/images/{quote(image_id)}/thumbnail"
    headers = {} if server.token is None else {"authorization": f"Bearer {server.token}"}
    return lambda: httpx.get(address, headers=headers, timeout=30).raise_for_status().content
