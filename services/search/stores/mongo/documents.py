"""Documents of MongoDB as what the port speaks of, and back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from bson import Int64
from bson.binary import Binary, BinaryVectorDtype

from services.search.ports import Change, Entry, Vector
from services.search.stores.keys import name_of
from services.search.stores.mongo.database import Document
from shared.contracts.collections import Collection, CollectionFacts
from shared.contracts.embedding import SpaceRef
from shared.contracts.metadata import Metadata
from shared.contracts.search import ImageCommit, ImageRecord

WITHOUT_VECTOR = {"vector": 0, "space": 0, "replaced": 0, "fence": 0, "base": 0}
"""The projection of a record."""

OF_ENTRY = {"id": 1, "label": 1, "metadata": 1, "vector": 1}
"""The projection of an entry."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VECTOR_HEADER = 2


def key(collection: str, image_id: str) -> str:
    """Name an image's document; neither part can hold a slash."""
    return f"{collection}/{image_id}"


def microseconds(at: datetime) -> Int64:
    """Count from the start of 1970, UTC; dates of MongoDB end at the millisecond."""
    return Int64((at - _EPOCH) // timedelta(microseconds=1))


def moment(counted: int) -> datetime:
    """Give the moment that `microseconds` has counted to."""
    return _EPOCH + timedelta(microseconds=counted)


def new_collection(key: str, facts: CollectionFacts) -> Document:
    """Write down an empty collection."""
    return {
        "key": key,
        "space": None,
        "recipe": facts.recipe,
        "projection": facts.projection,
        "description": facts.description or "",
        "created_at": microseconds(datetime.now(UTC)),
    }


def collection(name: str, entry: Document, images: int, aliases: Sequence[str]) -> Collection:
    """Read a collection."""
    return Collection(
        name=name,
        images=images,
        recipe=entry["recipe"],
        space=None if entry["space"] is None else space(entry["space"]),
        projection=entry["projection"],
        description=entry["description"],
        aliases=tuple(aliases),
        created_at=moment(entry["created_at"]),
    )


def image(collection: str, image_id: str, commit: ImageCommit, *, size: int, thumbnail: str) -> Document:
    """Write down an image that is being committed, as one that is new; its number is still to be drawn."""
    now = microseconds(datetime.now(UTC))
    return {
        "_id": key(collection, image_id),
        "collection": collection,
        "id": image_id,
        "seq": Int64(0),
        "deleted": False,
        "sha256": commit.sha256,
        "size": size,
        "content_type": commit.content_type,
        "width": commit.width,
        "height": commit.height,
        "label": commit.label,
        "metadata": written_facts(commit.metadata),
        "thumbnail": thumbnail,
        "space": space_document(commit.space),
        "vector": Binary.from_vector(np.frombuffer(commit.vector, "<f4"), BinaryVectorDtype.FLOAT32),
        "created_at": microseconds(commit.created_at) if commit.created_at else now,
        "updated_at": now,
    }


def record(document: Document) -> ImageRecord:
    """Read an image's document."""
    return ImageRecord(
        collection=name_of(document["collection"]),
        id=document["id"],
        sha256=document["sha256"],
        content_type=document["content_type"],
        size=document["size"],
        width=document["width"],
        height=document["height"],
        label=document["label"],
        metadata=facts(document["metadata"]),
        revision=int(document["seq"]),
        created_at=moment(document["created_at"]),
        updated_at=moment(document["updated_at"]),
    )


def vector(packed: bytes) -> Vector:
    """Read a BSON vector of float32."""
    return np.frombuffer(packed, "<f4", offset=_VECTOR_HEADER).astype(np.float32, copy=False)


def entry(document: Document) -> Entry:
    """Read what an index needs of an image's document."""
    return Entry(vector(document["vector"]), document["label"], facts(document["metadata"]))


def written_facts(metadata: Metadata) -> list[Document]:
    """Write down metadata: names are the users' own, as keys of a document they might mean something to the server."""
    return [{"name": name, "value": value} for name, value in metadata.items()]


def facts(written: Sequence[Document]) -> Metadata:
    """Read metadata."""
    return {fact["name"]: fact["value"] for fact in written}


def space_document(space: SpaceRef) -> Document:
    """Write down a space."""
    return {"fingerprint": space.fingerprint, "dimensions": space.dimensions, "metric": space.metric}


def space(document: Document) -> SpaceRef:
    """Read a space."""
    return SpaceRef(**{field: document[field] for field in SpaceRef.model_fields})


def change(document: Document) -> Change:
    """Read an image's document, or a tombstone, as a change."""
    return Change(
        revision=int(document["seq"]),
        collection=document["collection"],
        space=space(document["space"]),
        image_id=document["id"],
        entry=None if document["deleted"] else entry(document),
    )
