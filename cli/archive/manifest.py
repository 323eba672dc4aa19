"""The JSON documents of an archive."""

from typing import Annotated, Literal, Self

from pydantic import Field

from shared.contracts.base import CollectionName, Contract, ImageId, Sha256
from shared.contracts.collections import Collection, Description, ProjectionKind
from shared.contracts.embedding import RecipeName, SpaceRef
from shared.contracts.filters import Label
from shared.contracts.metadata import Metadata
from shared.contracts.search import ImageRecord, ImageType, Moment, Side


class Manifest(Contract):
    """What an archive holds."""

    lookalike_archive: Literal[1, 2] = 2
    """Version of the format. The first one says of a collection its name and its space alone."""
    collection: CollectionName
    space: SpaceRef
    recipe: RecipeName | None = None
    projection: ProjectionKind | None = None
    description: Description = ""

    @classmethod
    def of(cls, collection: Collection, space: SpaceRef) -> Self:
        """Describe a collection that has a space."""
        facts = collection.model_dump(include={"recipe", "projection", "description"})
        return cls(collection=collection.name, space=space, **facts)


class Part(Contract):
    """A file that follows a record."""

    size: Annotated[int, Field(ge=1)]
    sha256: Sha256


class ThumbnailPart(Part):
    """A thumbnail, with its size in pixels."""

    width: Side
    height: Side


class ArchivedRecord(Contract):
    """An image's facts, and what its files must be."""

    id: ImageId
    content_type: ImageType
    width: Side
    height: Side
    label: Label | None
    metadata: Metadata
    created_at: Moment
    image: Part
    thumbnail: ThumbnailPart
    vector: Part

    def is_as(self, other: ImageRecord) -> bool:
        """Tell whether a stored image has the same bytes and facts; when it was added is its own affair."""
        return (self.image.sha256, self.content_type, self.width, self.height, self.label, self.metadata) == (
            other.sha256,
            other.content_type,
            other.width,
            other.height,
            other.label,
            other.metadata,
        )


class Completion(Contract):
    """The end of an archive that is whole."""

    images: Annotated[int, Field(ge=0)]
    sha256: Sha256
    """Of all bytes of the archive before this member."""
