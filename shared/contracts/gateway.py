"""The public API's own formats: what clients, the page and the command line see."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.contracts.base import CollectionName, Contract, ImageId, Sha256
from shared.contracts.embedding import EmbeddingSpace, SpaceRef
from shared.contracts.heatmap import Heat
from shared.contracts.inclusion import Included
from shared.contracts.metadata import Metadata
from shared.contracts.search import SearchStats
from shared.contracts.timings import Timings


class ImageLinks(Contract):
    """Where to go from an image, as paths on the gateway."""

    self: str
    content: str
    thumbnail: str
    similar: str


class Image(Contract):
    """An image of a collection."""

    id: ImageId
    collection: CollectionName
    label: str | None
    metadata: Metadata
    sha256: Sha256
    content_type: str
    size: int
    """Length of the stored file in bytes."""
    width: int
    height: int
    revision: int
    created_at: datetime
    updated_at: datetime
    links: ImageLinks


class StoredImage(Contract):
    """An image that was just added or replaced; searches see it from its `revision` on."""

    image: Image
    created: bool
    """False where the image was there before, and was replaced or left as it was."""


class ImageList(Contract):
    """A page of images in the order of their ids."""

    images: tuple[Image, ...]
    next_cursor: str | None
    """Pass it as `cursor` for the next page; None on the last one."""


class DeletedImage(Contract):
    """The write that removed an image; no search from this revision on shows it."""

    id: ImageId
    revision: int


class SearchResult(Contract):
    """An image that looks like the query."""

    id: ImageId
    distance: float
    """Euclidean distance to the query in the index's space: the embedding space, after the index's projection."""
    score: float
    """Larger is nearer, 1 is identical. Cosine similarity, or 1 / (1 + distance) for the recipe `classic`."""
    percentile: float | None
    """Share of random pairs of the collection that are farther apart; None where it has less than two images."""
    label: str | None
    metadata: Metadata
    width: int
    height: int
    """In pixels, upright: a page can make room before the picture comes."""
    links: ImageLinks
    included: Included | None = None
    """What was asked for with `include`; None where nothing was."""


class SearchResponse(Contract):
    """What looks like the query, nearest first."""

    collection: CollectionName
    space: SpaceRef
    revision: int
    """Sequence number of the last write that the index had applied when it answered."""
    results: tuple[SearchResult, ...]
    timings: Timings


class HeatMapResponse(Contract):
    """Where an uploaded image, or a region of it, and a stored image match."""

    id: ImageId
    collection: CollectionName
    space: SpaceRef
    score: float
    """Cosine of the two: what a search with the upload answers for this image."""
    query: Heat
    image: Heat
    links: ImageLinks


class Stats(Contract):
    """What runs behind the gateway, and what it holds."""

    version: str
    url_fetch: bool
    """Whether images are fetched from addresses that clients name."""
    embedder: EmbeddingSpace
    search: SearchStats


class PredictResponse(Contract):
    """The answer of the original system's endpoint: PNGs in base64, nearest first."""

    closest_images: tuple[str, ...]
    uploaded_image: str


class PredictError(Contract):
    """The original system's error body."""

    error: Annotated[str, Field(examples=["No image file provided"])]
