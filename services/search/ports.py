"""What the use cases need of an index and of a store; adapters are in `indexes` and `stores`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.contracts.embedding import SpaceRef
from shared.contracts.filters import Filter
from shared.contracts.metadata import Metadata
from shared.contracts.search import CollectionStats, CommitResponse, ImageCommit, ImageRecord

Vector = NDArray[np.float32]
"""One vector, of shape (dimensions,)."""

Matrix = NDArray[np.float32]
"""Vectors, of shape (n, dimensions)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an index knows of an image: its vector, as the embedder gave it, and what filters ask for."""

    vector: Vector
    label: str | None = None
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Examples:
    """Several vectors that are looked for together, or avoided.

    Attributes:
        vectors: As the embedder gave them; shape (n, dimensions), n is at least 1.
        weights: From -1 to 1, none of them 0; below zero is to be avoided, and not all are; length n.
    """

    vectors: Matrix
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What an index is asked.

    Attributes:
        vector: As the embedder gave it, of shape (dimensions,), or as this very index has blended examples.
        k: How many hits, at least 1.
        offset: How many hits are passed over before them.
        filter: Which images may be found; None: all.
        min_score: Hits of a smaller score are left out.
        min_percentile: Hits of a smaller percentile are left out.
        collapse: A hit whose score to a nearer hit is at least this is left out; None: none is.
        blended: Whether `vector` is of `VectorIndex.blend`.
    """

    vector: Vector
    k: int
    offset: int = 0
    filter: Filter | None = None
    min_score: float | None = None
    min_percentile: float | None = None
    collapse: float | None = None
    blended: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """An image that an index has found.

    Attributes:
        id: Of the image.
        distance: Euclidean distance to the query in the index's space.
        score: Larger is nearer, 1 is identical: the cosine, or 1 / (1 + distance) in a Euclidean space.
        percentile: Share of random pairs of the index's images that are farther apart; None of less than two images.
    """

    id: str
    distance: float
    score: float
    percentile: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """One write, as those who follow the store see it: the image's entry, or None where the image was removed."""

    revision: int
    collection: str
    space: SpaceRef
    image_id: str
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """A stored file: its bytes, its media type and its own SHA-256 in hexadecimal."""

    data: bytes
    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """How much a store takes before it answers `LimitReached`."""

    collections: int = 100
    images: int = 10_000_000
    bytes: int = 2**40


class StoreUnusable(Exception):
    """The store cannot be opened, and waiting does not help. Said to the operator, not to callers."""


class VectorIndex(Protocol):
    """The images of one collection. Called from threads: queries run concurrently with writes and with each other."""

    @property
    def outgrown(self) -> bool:
        """Whether what the index has learned of its collection is out of date, so that it should be built anew."""

    def apply(self, writes: Mapping[str, Entry | None]) -> None:
        """Set the entries of these ids, and remove the ids that have None; queries see all of it or nothing.

        Raises:
            ValueError: A vector has another length than those of the index; nothing is applied.
        """

    def search(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Answer queries, all of them from one state of the index.

        Each gets its k nearest hits, or all if there are fewer: nearest first, equally distant ones ordered by id.
        """

    def blend(self, examples: Examples) -> Vector | None:
        """Make one query of examples, in the index's own space; None where they cancel each other out."""

    def distances(self, vectors: Mapping[str, Vector]) -> dict[str, float]:
        """Give the distance between each vector and the one that is known under its id; unknown ids are left out."""

    def ids(self, after: str, limit: int) -> list[str]:
        """Give up to `limit` ids in their order, from the first that is larger than `after`."""

    def close(self) -> None:
        """Finish or break off what goes on in the background; no method is called after this."""

    def __len__(self) -> int:
        """Count the images that queries can find."""


class IndexFactory(Protocol):
    """Makes the indexes of collections. Called from threads."""

    def sample_size(self, space: SpaceRef, images: int) -> int:
        """Tell how many vectors an index for so many images learns from; 0: it learns nothing."""

    def new(self, space: SpaceRef, sample: Matrix, images: int) -> VectorIndex:
        """Make an empty index for a collection that has so many images.

        Args:
            space: Of the collection.
            sample: Vectors of images chosen at random; shape (n, dimensions).
            images: How many the collection has.
        """


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The indexes of all collections as they were at some moment.

    Attributes:
        store: Identity of the store whose images they have.
        revision: They have all changes up to this one, and perhaps later ones.
        forgotten: Tombstones up to here were gone before the reading began.
        indexes: Space and index of each collection.
    """

    store: str
    revision: int
    forgotten: int
    indexes: Mapping[str, tuple[SpaceRef, VectorIndex]]


class Snapshots(Protocol):
    """Keeps the last snapshot. Called from threads, one call at a time."""

    def save(self, snapshot: Snapshot) -> None:
        """Put a snapshot in the place of the last one; it is durable, and whole, or the last one is still there."""

    def load(self, store: str) -> Snapshot | None:
        """Restore the last snapshot; None where it is missing, damaged, or one of another store or other settings."""


class ImageStore(Protocol):
    """Images: records, bytes, thumbnails and vectors. What a method has written is durable when it returns.

    Every visible write (commit, delete) takes the next number of one sequence: the store's revision.

    Bytes come before the image that they belong to, so between the two they are held by an *open upload*: `put_blob`
    opens one for its digest, `commit` and `release_blob` close one. Bytes are removed at the moment at which no record
    has them and no upload of them is open, whichever of delete, replacement, release or sweep brings that moment. An
    upload that was abandoned is closed by `sweep`. So two clients may send the same bytes at once: the one whose image
    is refused or deleted takes nothing from the other. Were the bytes gone all the same (a release too many, an upload
    slower than the sweep's grace), `commit` says `Conflict`, and the client sends them again: never is there a record
    without its bytes.

    Every method may raise `TryAgain` where the store is unreachable or busy, and those that write `LimitReached` where
    it is full.
    """

    @property
    def kind(self) -> str:
        """Name of the adapter, as in `sqlite`."""

    async def open(self) -> None:
        """Make the store usable, or raise: `TryAgain` for what may heal, `StoreUnusable` for what does not."""

    async def identity(self) -> str:
        """Give the name that the store got when it was made, at random; no other store has it."""

    async def close(self) -> None:
        """Finish writes under way and let go of everything; a store that is not open is left as it is."""

    async def put_blob(self, sha256: str, data: bytes) -> None:
        """Store bytes under their digest, which the caller has verified, and open an upload of them."""

    async def release_blob(self, sha256: str) -> None:
        """Close an upload of these bytes without an image."""

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        """Make an image visible, whole, under the next revision, and close an upload of its bytes.

        The first commit into a collection creates it, with the commit's space. If anything is raised nothing changes;
        only `TryAgain` leaves open whether all of it was done or nothing.

        Raises:
            Conflict: The bytes are not stored.
            EmbeddingSpaceMismatch: The collection has another space.
            LimitReached: There are as many collections or images as the limits admit.
        """

    async def delete(self, collection: str, image_id: str) -> int | None:
        """Remove an image, leaving a tombstone, and give the revision that did so; None if there is no such image."""

    async def record(self, collection: str, image_id: str) -> ImageRecord | None:
        """Read an image's record."""

    async def records(self, collection: str, image_ids: Collection[str]) -> dict[str, ImageRecord]:
        """Read the records of those ids that exist, by id."""

    async def page(self, collection: str, after: str, limit: int) -> list[ImageRecord]:
        """Read up to `limit` records in the order of their ids, from the first id larger than `after`."""

    async def known(self, collection: str, sha256: Collection[str]) -> set[str]:
        """Tell which of these digests some image of the collection has."""

    async def content(self, collection: str, image_id: str) -> StoredBytes | None:
        """Read an image's bytes."""

    async def thumbnail(self, collection: str, image_id: str) -> StoredBytes | None:
        """Read an image's thumbnail."""

    async def vector(self, collection: str, image_id: str) -> Vector | None:
        """Read an image's vector."""

    async def entries(self, collection: str, after: str, limit: int) -> list[tuple[str, Entry]]:
        """Read up to `limit` ids with their entries, in the order of the ids, from the first larger than `after`."""

    async def sample(self, collection: str, count: int) -> list[Vector]:
        """Read the vectors of `count` images chosen at random, or of all if there are fewer."""

    async def changes(self, since: int, limit: int) -> Sequence[Change]:
        """Read up to `limit` changes of all collections with revisions larger than `since`, in their order.

        Of several writes to one image the last alone is there. No change ever appears below one that was read before.
        """

    async def last_changes(self, collection: str, image_ids: Collection[str]) -> dict[str, Change]:
        """Read the last write of each of these ids, by id; it may be so fresh that `changes` does not show it yet.

        Ids that were never written are left out, and so are those whose tombstone was forgotten.
        """

    async def collections(self) -> Sequence[CollectionStats]:
        """Describe the collections that exist, in the order of their names."""

    async def revision(self) -> int:
        """Give the revision up to which all writes are visible; 0 before the first."""

    async def forgotten(self) -> int:
        """Give the largest revision whose tombstone was forgotten; 0 where none was.

        Who has followed the changes up to an earlier one may have missed a removal, and has to begin anew.
        """

    async def forget_tombstones(self, older_than: datetime) -> int:
        """Drop the tombstones of images removed before `older_than`, and count them."""

    async def sweep(self, older_than: datetime) -> int:
        """Close uploads whose bytes were last put before `older_than`, and count the files that went with them."""
