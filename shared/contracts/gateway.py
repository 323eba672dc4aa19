"""The public API's own formats: what clients, the page and the command line see."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from shared.contracts.base import CollectionName, Contract, ImageId, Numeric, Sha256
from shared.contracts.duplicates import StoredDecision
from shared.contracts.embedding import EmbeddingSpace, SpaceRef
from shared.contracts.filters import Filter, Label
from shared.contracts.heatmap import Heat
from shared.contracts.inclusion import Included
from shared.contracts.metadata import Metadata, MetadataKey, MetadataValue
from shared.contracts.search import SearchStats
from shared.contracts.selection import LabelCount
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


class ImagePatch(Contract):
    """A JSON merge patch (RFC 7396) of what users say of an image: what is null goes, what is not named stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "lotus", "metadata": {"year": 2004, "draft": None}}]}
    )

    label: Label | None = None
    """The new label; null removes it."""
    metadata: dict[MetadataKey, MetadataValue] | None = None
    """Facts to set, each by its key; those that are null are removed, and all of them where this is null."""


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


class LabelList(Contract):
    """A page of labels in their order, each with the number of images that have it."""

    labels: tuple[LabelCount, ...]
    next_cursor: str | None
    """Pass it as `cursor` for the next page; None on the last one."""


class RemovalRequest(Contract):
    """Images to be removed together, and how sure the client is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"filter": {"labels": ["draft"]}},
                {"filter": {"labels": ["draft"]}, "dry_run": False, "count": 17},
            ]
        }
    )

    filter: Filter
    dry_run: StrictBool = True
    """Tell what would be removed, and remove nothing."""
    count: Annotated[int, Field(ge=0), Numeric] | None = None
    """`matching` of the dry run: where there are more or fewer by now, nothing is removed."""
    any_count: StrictBool = False
    """Remove however many there are."""


class RemovedImages(Contract):
    """What a removal by filter has done, or would do."""

    dry_run: bool
    matching: int
    """Images that the filter admits."""
    ids: tuple[ImageId, ...]
    """The first of them, in the order of their ids."""
    removed: int
    remaining: int
    """Images that the filter still admits: where it is not 0 after a removal, ask again."""
    revision: int
    """The last write that was looked at or made; no search from this revision on shows what was removed."""


class DuplicateImage(Image):
    """An image that looks like the first one of its group."""

    score: float
    """To the first image of the group."""


class Duplicates(Contract):
    """Images that look the same: the first one, and those near it, nearest first."""

    size: int
    """How many images the group has; the first 100 are shown."""
    images: tuple[DuplicateImage, ...]
    decisions: tuple[StoredDecision, ...]
    """What was decided about the first image and others of the group; only where `decided` asks for it."""


class DuplicateList(Contract):
    """A page of groups in the order of the ids of their first images, or word of how far the search for them is."""

    ready: bool
    progress: float
    """From 0 to 1; where the report is there already, of a newer one that is to take its place."""
    revision: int
    """The last write that the report has; 0 before there is one."""
    groups: tuple[Duplicates, ...]
    next_cursor: str | None
    """Pass it as `cursor` for the next page; None on the last one."""


class DecisionList(Contract):
    """A page of decisions."""

    decisions: tuple[StoredDecision, ...]
    next_cursor: str | None
    """Pass it as `cursor` for the next page; None on the last one."""


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
