"""What the use cases, the indexes and the stores speak of."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shared.contracts.embedding import SpaceRef
from shared.contracts.filters import Filter
from shared.contracts.metadata import Metadata

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
        rerank: How many of the nearest images are ordered anew by what they have in common; in a Euclidean space none.
        blended: Whether `vector` is of `VectorIndex.blend`.
    """

    vector: Vector
    k: int
    offset: int = 0
    filter: Filter | None = None
    min_score: float | None = None
    min_percentile: float | None = None
    collapse: float | None = None
    rerank: int = 0
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
class Group:
    """Images that look the same: a leader, and those that are near it, nearest first; none is in another group.

    Attributes:
        ids: Of at least two images; that of the leader is first.
        scores: To the leader, as of a hit; 1 of itself.
    """

    ids: tuple[str, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One write, as those who follow the store see it: the image's entry, or None where the image was removed."""

    revision: int
    collection: str
    """Key of the collection."""
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
