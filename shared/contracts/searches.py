"""What the searches of the public API are asked with."""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from shared.contracts import float32
from shared.contracts.base import Base64, Contract, ImageId, Numeric
from shared.contracts.embedding import SpaceRef
from shared.contracts.examples import MAX_EXAMPLES, Weight
from shared.contracts.inclusion import Include
from shared.contracts.region import Region
from shared.contracts.search import QueryOptions
from shared.contracts.urls import Url

GivenVector = Annotated[
    Base64,
    BeforeValidator(float32.read),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "number"}, "minItems": 1},
                {"type": "string", "contentEncoding": "base64", "description": "Little-endian float32."},
            ]
        }
    ),
]
"""A vector as little-endian float32, given as a list of numbers or in base64."""


class SearchOptions(QueryOptions):
    """What every search can be asked for."""

    include: Annotated[tuple[Include, ...], Field(max_length=8)] = ()
    """What the answer has inline of each result."""


class StoredExample(Contract):
    """A stored image, or a region of it."""

    id: ImageId
    weight: Annotated[Weight, Numeric] = 1
    region: Region | None = None


class UrlExample(Contract):
    """An image at an address of the web, or a region of it."""

    url: Url
    weight: Annotated[Weight, Numeric] = 1
    region: Region | None = None


class VectorExample(Contract):
    """A vector of the space that the search names."""

    vector: GivenVector
    weight: Annotated[Weight, Numeric] = 1


StoredExamples = Annotated[tuple[StoredExample, ...], Field(min_length=1, max_length=MAX_EXAMPLES)]


class SearchById(SearchOptions):
    """A search by stored images, which are left out of the answer."""

    examples: StoredExamples


class SearchByUrl(SearchOptions):
    """A search by images that are fetched."""

    examples: Annotated[tuple[UrlExample, ...], Field(min_length=1, max_length=MAX_EXAMPLES)]


class SearchByVector(SearchOptions):
    """A search by vectors."""

    space: SpaceRef
    """Which the vectors belong to, as the answers name it."""
    examples: Annotated[tuple[VectorExample, ...], Field(min_length=1, max_length=MAX_EXAMPLES)]
