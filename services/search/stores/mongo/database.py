"""The connection to MongoDB. The one file that imports motor."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from bson import ObjectId
from gridfs.errors import CorruptGridFile, NoFile
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import ReturnDocument
from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri

from services.search.stores.mongo.options import MongoOptions

Document: TypeAlias = dict[str, Any]
Collection: TypeAlias = "AsyncIOMotorCollection[Document]"

_DEFAULT_NAME = "lookalike"
_BUCKET = "bytes"
_CHUNK_BYTES = 2**20


def database_name(url: str) -> str:
    """Give the database that a URL names.

    Raises:
        ValueError: It is no URL of MongoDB. The message says nothing of it, it may hold a password.
    """
    try:
        return parse_uri(url)["database"] or _DEFAULT_NAME
    except (InvalidURI, ConfigurationError, ValueError):
        raise ValueError("the URL of a MongoDB store is mongodb://[USER:PASSWORD@]HOST[:PORT]/[DATABASE]") from None


class Database:
    """The store's collections, and its files in GridFS. Made within the event loop that uses it.

    Reads see what a majority of a replica set has, so nothing that can be rolled back; `newest` sees all that the
    primary has. Whether writes are retried after an election is the driver's to decide: it does so where the server
    says that it can.
    """

    def __init__(self, url: str, options: MongoOptions) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            appname="lookalike",
            w="majority",
            journal=True,
            readConcernLevel="majority",
            readPreference="primary",
            maxPoolSize=options.max_connections,
            minPoolSize=options.min_connections,
            connectTimeoutMS=_milliseconds(options.connect_timeout),
            serverSelectionTimeoutMS=_milliseconds(options.selection_timeout),
            socketTimeoutMS=_milliseconds(options.timeout),
            waitQueueTimeoutMS=_milliseconds(options.timeout),
        )
        self._database: AsyncIOMotorDatabase[Document] = self._client[database_name(url)]
        self._bucket = AsyncIOMotorGridFSBucket(self._database, _BUCKET, chunk_size_bytes=_CHUNK_BYTES)
        self.ledger: Collection = self._database["ledger"]
        self.directory: Collection = self._database["collections"]
        self.images: Collection = self._database["images"]
        self.decisions: Collection = self._database["decisions"]
        self.blobs: Collection = self._database["blobs"]
        self.files: Collection = self._database[f"{_BUCKET}.files"]
        self.chunks: Collection = self._database[f"{_BUCKET}.chunks"]

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    async def names(self) -> set[str]:
        """Name the collections of the database."""
        return set(await self._database.list_collection_names())

    async def create(self, name: str, validator: Document) -> None:
        """Make a collection whose documents are checked by the server."""
        await self._database.create_collection(name, validator=validator)

    def newest(self, collection: Collection) -> Collection:
        """Give the collection as the primary has it, be it on a majority yet or not."""
        return collection.with_options(read_concern=ReadConcern("local"))

    async def upload(self, file: ObjectId, name: str, data: bytes) -> None:
        """Write a file, durably."""
        await self._bucket.upload_from_stream_with_id(file, name, data)

    async def download(self, file: ObjectId) -> bytes | None:
        """Read a file; None if it is not there, or is just being removed."""
        try:
            return await (await self._bucket.open_download_stream(file)).read()
        except (NoFile, CorruptGridFile):
            return None

    async def remove(self, file: ObjectId) -> None:
        """Remove a file, or what there is of it."""
        await self.files.delete_one({"_id": file})
        await self.chunks.delete_many({"files_id": file})


async def update_one(
    collection: Collection,
    wanted: Document,
    change: Document | Sequence[Document],
    *,
    projection: Document | None = None,
    upsert: bool = False,
    after: bool = False,
) -> Document | None:
    """Change a document, and give it as it was before or is `after`: None if there was none that is wanted."""
    # The driver's types leave the None out.
    found: Any = await collection.find_one_and_update(
        wanted,
        change,
        projection=projection,
        upsert=upsert,
        return_document=ReturnDocument.AFTER if after else ReturnDocument.BEFORE,
    )
    document: Document | None = found
    return document


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
