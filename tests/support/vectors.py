"""Vectors and images for tests of the search service, made without an embedder."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.contracts.embedding import Metric, SpaceRef, Thumbnail
from shared.contracts.metadata import MetadataValue
from shared.contracts.search import ImageCommit, QueryRequest

Vector = NDArray[np.float32]


def space(dimensions: int = 8, metric: Metric = "cosine", fingerprint: str = "0123456789abcdef") -> SpaceRef:
    return SpaceRef(fingerprint=fingerprint, dimensions=dimensions, metric=metric)


def vector_of(data: bytes, dimensions: int = 8) -> Vector:
    """The vector that belongs to these bytes: any other bytes have another one. Its length is 1."""
    seed = int.from_bytes(hashlib.sha256(data).digest()[:8])
    vector = np.random.default_rng(seed).standard_normal(dimensions)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@dataclass(frozen=True)
class Picture:
    """Bytes that stand for an image, and what an embedder would say of them."""

    data: bytes
    dimensions: int = 8

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def vector(self) -> Vector:
        return vector_of(self.data, self.dimensions)

    @property
    def thumbnail(self) -> bytes:
        return b"thumbnail of " + self.data[:100]

    def commit(
        self,
        label: str | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
        in_space: SpaceRef | None = None,
    ) -> ImageCommit:
        return ImageCommit(
            sha256=self.sha256,
            content_type="image/png",
            width=40,
            height=30,
            label=label,
            metadata=dict(metadata or {}),
            space=in_space or space(self.dimensions),
            vector=self.vector.tobytes(),
            thumbnail=Thumbnail(width=4, height=3, data=self.thumbnail),
        )

    def query(self, k: int = 10) -> QueryRequest:
        return QueryRequest.of_vector(space(self.dimensions), self.vector.tobytes(), k)
