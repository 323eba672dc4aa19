"""A look past the store into its database."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.database import Database

Documents = Database[dict[str, Any]]


@contextmanager
def inspect(url: str) -> Iterator[Documents]:
    client: MongoClient[dict[str, Any]] = MongoClient(url)
    with client:
        yield client[urlsplit(url).path.strip("/")]


async def until_swept(url: str) -> None:
    """Wait until a service that sweeps has settled what writers that died have left."""
    with inspect(url) as database:
        async with asyncio.timeout(30):
            while (  # noqa: ASYNC110 - nothing tells when
                database.blobs.count_documents({"unsettled": {"$exists": True}})
                or database.images.count_documents({"replaced": {"$exists": True}})
                or database.ledger.count_documents({"recount": True})
            ):
                await asyncio.sleep(0.05)


def assert_no_orphans(database: Documents) -> None:
    """The bytes that are there are those that images have, and nothing waits for a sweep any more."""
    alive = list(database.images.find({"deleted": False}, {"sha256": 1, "thumbnail": 1}))
    needed = {image[field] for image in alive for field in ("sha256", "thumbnail")}
    blobs = {blob["_id"]: blob for blob in database.blobs.find()}
    files = {file["_id"]: file["filename"] for file in database["bytes.files"].find()}
    assert set(blobs) == needed
    assert {blob["file"]: digest for digest, blob in blobs.items()} == files
    assert set(database["bytes.chunks"].distinct("files_id")) == set(files)
    assert all((blob["open"], blob["trash"], blob.get("loading")) == (0, [], []) for blob in blobs.values())
    assert database.blobs.count_documents({"unsettled": {"$exists": True}}) == 0
    assert database.images.count_documents({"replaced": {"$exists": True}}) == 0
    assert (database.ledger.find_one() or {})["open"] == []
