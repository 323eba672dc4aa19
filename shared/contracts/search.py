"""What the search service says: records of images, queries and neighbours."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, FiniteFloat, StringConstraints, model_validator

from shared.contracts.base import CollectionName, Contract, ImageId, Numeric, Sha256, Vector
from shared.contracts.embedding import RecipeName, SpaceRef, Thumbnail
from shared.contracts.examples import MAX_EXAMPLES, Example
from shared.contracts.filters import Filter, Label
from shared.contracts.metadata import Metadata
from shared.contracts.timings import Timings

MAX_K = 1000
"""Most neighbours in one answer."""

MAX_OFFSET = 10_000
"""Most neighbours that can be passed over: who wants to see farther narrows the search by a filter."""

Quality = Literal["standard", "high"]
"""How much work a search is worth."""

Revision = Annotated[int, Field(ge=0, lt=2**63)]

ImageType = Annotated[str, StringConstraints(pattern=r"^image/[a-z0-9][a-z0-9.+-]{0,62}$")]
Side = Annotated[int, Field(ge=1, lt=2**31)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment between the years 1 and 9999, UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class ImageRecord(Contract):
    """What is stored of an image besides its bytes, its thumbnail and its vector."""

    collection: CollectionName
    id: ImageId
    sha256: Sha256
    content_type: str
    size: int
    """Length of the stored file in bytes."""
    width: int
    height: int
    label: str | None
    metadata: Metadata
    revision: int
    """Sequence number of the write that made this version of the record."""
    created_at: datetime
    updated_at: datetime


class ImageCommit(Contract):
    """A record to be made visible, for bytes that were stored before."""

    sha256: Sha256
    content_type: ImageType
    width: Side
    height: Side
    label: Label | None = None
    metadata: Metadata = Field(default_factory=dict)
    space: SpaceRef
    recipe: RecipeName | None = None
    """What the vector was made by, where that is known; the collection keeps it with its first image."""
    vector: Vector
    thumbnail: Thumbnail
    created_at: Moment | None = None
    """When the image was first added, of one that comes from another store; now, where it is not given.

    One that replaces another keeps the moment of the one that was there before.
    """


class Amendment(Contract):
    """What users say of an image from now on; its bytes and its vector stay."""

    revision: Revision
    """The write that the amendment is based on: after any other one it is refused."""
    label: Label | None
    metadata: Metadata


class CommitResponse(Contract):
    """The record as it is now stored. Searches see it from `record.revision` on."""

    record: ImageRecord
    created: bool
    """False where a record of this id was there before."""


class ImageChange(Contract):
    """The last write to an image."""

    id: ImageId
    revision: int
    removed: bool


class ChangePage(Contract):
    """Writes to a collection in the order of their revisions; of several to one image the last alone is there.

    Removals are remembered for a while (`TOMBSTONE_LIFE_SECONDS`), all else for ever.
    """

    changes: tuple[ImageChange, ...]
    through: int
    """Pass it as `since` for what comes next: no change ever appears at or below it. It grows though none is told."""
    more: bool
    """False where nothing more was written at this moment."""


class DeleteResponse(Contract):
    """The write that removed an image."""

    revision: int


class BlobResponse(Contract):
    """Bytes that are durably stored, though part of no image yet."""

    sha256: Sha256
    size: int


class KnownRequest(Contract):
    """Digests of files that a client may be about to upload."""

    sha256: Annotated[tuple[Sha256, ...], Field(max_length=1000)]


class KnownResponse(Contract):
    """Those of the digests that some image of the collection has."""

    sha256: tuple[Sha256, ...]


class QueryOptions(Contract):
    """Which of the neighbours are asked for."""

    k: Annotated[int, Field(ge=1, le=MAX_K), Numeric] = 10
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET), Numeric] = 0
    """How many neighbours are passed over before the first one of the answer."""
    filter: Filter | None = None
    """Which images may be found; the answer has k of them where there are k."""
    min_score: Annotated[FiniteFloat, Numeric] | None = None
    """Neighbours with a smaller score are left out."""
    min_percentile: Annotated[float, Field(ge=0, le=1), Numeric] | None = None
    """Neighbours with a smaller percentile are left out."""
    collapse: Annotated[float, Field(gt=0, le=1), Numeric] | None = None
    """A neighbour whose score to a nearer one is at least this is left out: of near-duplicates the nearest stays."""
    quality: Quality = "standard"
    """`high`: the three hundred nearest images are ordered anew by what they have in common; scores are then those of
    this comparison."""
    min_revision: Annotated[Revision, Numeric] = 0
    """The answer waits until the index has applied this write, and fails where that takes too long."""

    @model_validator(mode="after")
    def _few_where_collapsed(self) -> Self:
        if self.collapse is not None and self.offset + self.k > MAX_K:
            raise ValueError(f"where near-duplicates are collapsed, offset and k are together at most {MAX_K}")
        return self


class QueryRequest(QueryOptions):
    """Examples whose nearest neighbours are asked for. Stored examples are left out of the answer."""

    space: SpaceRef | None = None
    """Of the vectors among the examples; None where there are none."""
    examples: Annotated[tuple[Example, ...], Field(min_length=1, max_length=MAX_EXAMPLES)]

    @model_validator(mode="after")
    def _vectors_have_a_space(self) -> Self:
        if self.space is None and any(example.vector is not None for example in self.examples):
            raise ValueError("vectors come with their space")
        return self

    @classmethod
    def of_vector(cls, space: SpaceRef, vector: bytes, k: int = 10) -> Self:
        """Ask for the k nearest neighbours of one vector."""
        return cls(space=space, examples=(Example(vector=vector),), k=k)


class Neighbour(Contract):
    """An image found, nearest first in its answer."""

    record: ImageRecord
    distance: float
    """Euclidean distance in the index's space: the embedding space, after the index's projection."""
    score: float
    """Larger is nearer, 1 is identical. Cosine where the space's metric is `cosine`, else 1 / (1 + distance)."""
    percentile: float | None
    """Share of random pairs of the collection that are farther apart; None where it has less than two images."""


class QueryResponse(Contract):
    """The nearest neighbours, and the state of the index that answered."""

    collection: CollectionName
    """Its real name, where an alias was asked."""
    space: SpaceRef
    revision: int
    """Sequence number of the last write that the index has applied."""
    neighbours: tuple[Neighbour, ...]
    timings: Timings


class ImagePage(Contract):
    """Records in the order of their ids."""

    records: tuple[ImageRecord, ...]
    next_after: str | None
    """The id to continue after; None on the last page."""


class CollectionStats(Contract):
    """Size and embedding space of a collection."""

    name: CollectionName
    images: int
    space: SpaceRef | None
    """None while the collection has never held an image."""


class SearchStats(Contract):
    """What the search service holds."""

    revision: int
    store: str
    """Kind of the store, as in `sqlite`."""
    collections: tuple[CollectionStats, ...]
