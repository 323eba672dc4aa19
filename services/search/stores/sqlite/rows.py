"""Rows of the tables as what the port speaks of, and back."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import numpy as np

from services.search.ports import Change, Entry, Vector
from services.search.stores import keys
from shared.contracts.embedding import SpaceRef
from shared.contracts.search import ImageCommit, ImageRecord

KEY = "(SELECT key FROM collections WHERE name = ?)"

READ_RECORDS = f"""
    SELECT collection, id, sha256, content_type, size, width, height, label, metadata, revision, created_at, updated_at
    FROM images JOIN blobs USING (sha256)
    WHERE collection = {KEY} AND id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - no text of anybody's

READ_WRITTEN = f"""
    SELECT collection, id, sha256, content_type, size, width, height, label, metadata, revision, created_at, updated_at
    FROM images JOIN blobs USING (sha256)
    WHERE collection = {KEY} AND id = ? AND revision = ?
"""  # noqa: S608

READ_PAGE = f"""
    SELECT collection, id, sha256, content_type, size, width, height, label, metadata, revision, created_at, updated_at
    FROM images JOIN blobs USING (sha256)
    WHERE collection = {KEY} AND id > ? ORDER BY id LIMIT ?
"""  # noqa: S608

READ_WRITES = f"""
    SELECT collection, id, revision, sha256 FROM images
    WHERE collection = {KEY} AND id IN (SELECT value FROM json_each(?)) AND NOT deleted
"""  # noqa: S608

# Those of collections that are gone would be of no use to anybody.
READ_CHANGES = """
    SELECT revision, collection, fingerprint, dimensions, metric, id, label, metadata, vector
    FROM images JOIN collections ON key = collection
    WHERE revision > ? AND name IS NOT NULL ORDER BY revision LIMIT ?
"""

READ_ENTRIES = """
    SELECT id, label, metadata, vector FROM images
    WHERE collection = ? AND id > ? AND NOT deleted ORDER BY id LIMIT ?
"""

# The ids are drawn first: sorting whole rows would carry all vectors along.
SAMPLE_IDS = """
    SELECT id FROM images WHERE collection = ? AND NOT deleted ORDER BY random() LIMIT ?
"""

READ_VECTORS = """
    SELECT vector FROM images WHERE collection = ? AND id IN (SELECT value FROM json_each(?)) AND NOT deleted
"""

READ_LAST_CHANGES = """
    SELECT revision, collection, fingerprint, dimensions, metric, id, label, metadata, vector
    FROM images JOIN collections ON key = collection
    WHERE name = ? AND id IN (SELECT value FROM json_each(?))
"""

WRITE_IMAGE = """
    INSERT INTO images (collection, id, revision, deleted, sha256, content_type, width, height, label, metadata,
                        created_at, updated_at, vector)
    VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (collection, id) DO UPDATE SET
        revision = excluded.revision, deleted = 0, sha256 = excluded.sha256, content_type = excluded.content_type,
        width = excluded.width, height = excluded.height, label = excluded.label, metadata = excluded.metadata,
        created_at = excluded.created_at, updated_at = excluded.updated_at, vector = excluded.vector
"""

AMEND_IMAGE = """
    UPDATE images SET revision = ?, label = ?, metadata = ?, updated_at = ? WHERE collection = ? AND id = ?
"""

WRITE_TOMBSTONE = """
    INSERT OR REPLACE INTO images (collection, id, revision, deleted, updated_at) VALUES (?, ?, ?, 1, ?)
"""

REMOVE_IF_UNUSED = """
    DELETE FROM blobs WHERE sha256 = ? AND open_uploads = 0
    AND NOT EXISTS (SELECT 1 FROM images WHERE images.sha256 = blobs.sha256)
    RETURNING sha256
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """Count from the start of 1970, UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(counted: int) -> datetime:
    """Give the moment that `microseconds` has counted to."""
    return _EPOCH + timedelta(microseconds=counted)


def record(row: sqlite3.Row) -> ImageRecord:
    """Read a row of `READ_RECORDS`, `READ_WRITTEN` or `READ_PAGE`."""
    fields = dict(zip(row.keys(), row, strict=True))
    fields["metadata"] = json.loads(fields["metadata"])
    fields["collection"] = keys.name_of(fields["collection"])
    for field in ("created_at", "updated_at"):
        fields[field] = moment(fields[field])
    return ImageRecord(**fields)


def new_record(
    collection: str,
    image_id: str,
    commit: ImageCommit,
    *,
    size: int,
    revision: int,
    created_at: int,
    updated_at: int,
) -> ImageRecord:
    """Describe an image that is being committed; moments are in microseconds."""
    return ImageRecord(
        collection=collection,
        id=image_id,
        sha256=commit.sha256,
        content_type=commit.content_type,
        size=size,
        width=commit.width,
        height=commit.height,
        label=commit.label,
        metadata=commit.metadata,
        revision=revision,
        created_at=moment(created_at),
        updated_at=moment(updated_at),
    )


def image_parameters(key: str, image: ImageRecord, packed: bytes) -> tuple[object, ...]:
    """Give the parameters of `WRITE_IMAGE`: the collection's key, and the vector as little-endian float32."""
    return (
        key,
        image.id,
        image.revision,
        image.sha256,
        image.content_type,
        image.width,
        image.height,
        image.label,
        json.dumps(image.metadata),
        microseconds(image.created_at),
        microseconds(image.updated_at),
        packed,
    )


def vector(packed: bytes) -> Vector:
    """Read a vector stored as little-endian float32."""
    return np.frombuffer(packed, "<f4").astype(np.float32, copy=False)


def space(row: sqlite3.Row) -> SpaceRef:
    """Read a collection's space."""
    return SpaceRef(fingerprint=row["fingerprint"], dimensions=row["dimensions"], metric=row["metric"])


def entry(row: sqlite3.Row) -> Entry:
    """Read a row of `READ_ENTRIES` or, of an image that is there, of `READ_CHANGES`."""
    return Entry(vector(row["vector"]), row["label"], json.loads(row["metadata"]))


def change(row: sqlite3.Row) -> Change:
    """Read a row of `READ_CHANGES` or `READ_LAST_CHANGES`."""
    there = None if row["vector"] is None else entry(row)
    return Change(row["revision"], row["collection"], space(row), row["id"], there)
