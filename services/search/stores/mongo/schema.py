"""What the store makes of an empty database, and the version that a database says it has."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import CollectionInvalid, DuplicateKeyError, OperationFailure

from services.search.ports import StoreUnusable
from services.search.stores.mongo.database import Collection, Database, Document
from services.search.stores.mongo.documents import microseconds
from shared.contracts.embedding import SpaceRef

VERSION = 2
LEDGER = "ledger"
"""The key of the ledger's one document."""
DIRECTORY = "@directory"
"""The key of the directory's one document; the first version had one for each collection, under its name."""

_NAMESPACE_EXISTS = 48
_DIGEST: Document = {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"}
_SPACE: Document = {
    "bsonType": "object",
    "required": ["fingerprint", "dimensions", "metric"],
    "properties": {
        "fingerprint": {"bsonType": "string"},
        "dimensions": {"bsonType": ["int", "long"], "minimum": 1},
        "metric": {"enum": ["cosine", "euclidean"]},
    },
}
_NUMBER: Document = {"bsonType": "long", "minimum": 0}
_FACTS: Document = {
    "bsonType": "array",
    "items": {"bsonType": "object", "required": ["name", "value"], "properties": {"name": {"bsonType": "string"}}},
}
_OF_AN_IMAGE = {
    "sha256": _DIGEST,
    "size": {"bsonType": ["int", "long"], "minimum": 0},
    "content_type": {"bsonType": "string"},
    "width": {"bsonType": ["int", "long"], "minimum": 1},
    "height": {"bsonType": ["int", "long"], "minimum": 1},
    "label": {"bsonType": ["string", "null"]},
    "metadata": _FACTS,
    "thumbnail": _DIGEST,
    "space": _SPACE,
    "vector": {"bsonType": "binData"},
    "created_at": _NUMBER,
    "updated_at": _NUMBER,
}

IMAGES: Document = {
    "$jsonSchema": {
        "bsonType": "object",
        "required": ["_id", "collection", "id", "seq", "deleted"],
        "properties": {
            "collection": {"bsonType": "string"},
            "id": {"bsonType": "string"},
            "seq": _NUMBER,
            "fence": _NUMBER,
            "base": _NUMBER,
            "replaced": {"bsonType": "array", "items": _DIGEST},
        },
        "oneOf": [
            {
                "required": list(_OF_AN_IMAGE),
                "properties": {"deleted": {"enum": [False]}, "seq": {"minimum": 1}, **_OF_AN_IMAGE},
            },
            {
                "properties": {"deleted": {"enum": [True]}},
                "not": {"anyOf": [{"required": [field]} for field in ("sha256", "thumbnail", "vector")]},
            },
        ],
    }
}
"""An image has everything, a tombstone keeps its number and its space, a document made for a fence has neither."""


async def prepare(database: Database) -> None:
    """Make what is missing. Several services may do so at once.

    Raises:
        StoreUnusable: The database belongs to a newer version, or to another program.
    """
    await _check_version(database)
    await _make_directory(database)
    try:
        await database.create(database.images.name, IMAGES)
    except CollectionInvalid:
        pass
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
    for collection, indexes in _indexes(database):
        await collection.create_indexes(indexes)
    with suppress(OperationFailure):  # of earlier versions; a unique index of other fields forbids to shard by `_id`
        await database.images.drop_index("seq_1")
    await _number_on(database)


def _indexes(database: Database) -> tuple[tuple[Collection, list[IndexModel]], ...]:
    alive = {"deleted": False}
    return (
        (
            database.images,
            [
                IndexModel(
                    [("seq", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"seq": {"$gt": Int64(0)}}
                ),
                IndexModel(
                    [("deleted", ASCENDING), ("collection", ASCENDING), ("id", ASCENDING)],
                    partialFilterExpression=alive,
                ),
                IndexModel([("sha256", ASCENDING), ("collection", ASCENDING)], partialFilterExpression=alive),
                IndexModel([("thumbnail", ASCENDING)], partialFilterExpression=alive),
                IndexModel([("replaced", ASCENDING)], sparse=True),
            ],
        ),
        (
            database.decisions,
            [
                IndexModel([("collection", ASCENDING), ("id", ASCENDING)]),
                IndexModel([("collection", ASCENDING), ("ids", ASCENDING)]),
            ],
        ),
        (database.blobs, [IndexModel([("unsettled", ASCENDING)], sparse=True)]),
        (database.files, [IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)])]),
        (database.chunks, [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)]),
    )


async def _number_on(database: Database) -> None:
    """See to it that no number is given out twice, where the ledger comes from an older backup than the images."""
    async for image in database.images.find({"seq": {"$gt": Int64(0)}}, {"seq": 1}).sort("seq", DESCENDING).limit(1):
        await database.ledger.update_one({"_id": LEDGER}, {"$max": {"last": image["seq"]}})


async def _check_version(database: Database) -> None:
    ledger = await database.ledger.find_one({"_id": LEDGER})
    if ledger is None:
        # The ledger is made before anything else, so a database with collections but without it is not ours.
        names = await database.names()
        if names and database.ledger.name not in names:
            raise StoreUnusable("The database belongs to another program. Name another one in STORE_URL.")
        ledger = {
            "version": VERSION,
            "last": Int64(0),
            "open": [],
            "total": Int64(0),
            "images": {},
            "directory": Int64(0),
        }
        try:
            await database.ledger.update_one({"_id": LEDGER}, {"$setOnInsert": ledger}, upsert=True)
        except DuplicateKeyError:
            return await _check_version(database)
    # Databases of the first version have none.
    await database.ledger.update_one(
        {"_id": LEDGER, "identity": {"$exists": False}}, {"$set": {"identity": uuid4().hex}}
    )
    if ledger["version"] > VERSION:
        raise StoreUnusable(
            f"The database was written by a newer version of Lookalike (its schema is {ledger['version']}, "
            f"this one reads up to {VERSION}). Start that version, or name another database in STORE_URL."
        )
    return None


async def _make_directory(database: Database) -> None:
    """Make the directory: of the first version's documents, one for each collection, with their names as keys."""
    of_first_version = {"_id": {"$ne": DIRECTORY}}
    collections = {
        document["_id"]: {
            "key": document["_id"],
            "space": {field: document[field] for field in SpaceRef.model_fields},
            "recipe": None,
            "projection": None,
            "description": "",
            "created_at": await _first_moment(database, document["_id"]),
        }
        async for document in database.directory.find(of_first_version)
    }
    directory = {"collections": collections, "aliases": {}, "dropped": [], "version": Int64(0), "changed": Int64(0)}
    with suppress(DuplicateKeyError):
        await database.directory.update_one({"_id": DIRECTORY}, {"$setOnInsert": directory}, upsert=True)
    await database.ledger.update_one(
        {"_id": LEDGER, "directory": {"$exists": False}}, {"$set": {"directory": Int64(0), "version": VERSION}}
    )
    await database.directory.delete_many(of_first_version)


async def _first_moment(database: Database, collection: str) -> Int64:
    earliest = database.images.find({"collection": collection, "deleted": False}, {"created_at": 1})
    async for image in earliest.sort("created_at", 1).limit(1):
        return Int64(image["created_at"])
    return microseconds(datetime.now(UTC))
