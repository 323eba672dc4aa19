"""Which images of a collection may be found: conditions on their ids, labels and metadata."""

from typing import Annotated, Self

from pydantic import Field, FiniteFloat, Strict, StringConstraints, model_validator

from shared.contracts.base import Contract, ImageId
from shared.contracts.metadata import MetadataKey

MAX_TEXT = 256
"""Longest text, in characters, that a condition on metadata can name; images with longer ones never match it."""

MAX_IDS = 10_000
"""Most ids that one list may hold."""

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
# Strict, for a text that is too long must not pass as the number that it looks like.
Number = Annotated[int, Field(ge=-(2**63), lt=2**63, strict=True)] | Annotated[FiniteFloat, Strict()]


class Equality(Contract):
    """The metadata has this key with one of these values; 2004 equals 2004.0, and true is not 1."""

    key: MetadataKey
    any_of: Annotated[tuple[Text | bool | Number | None, ...], Field(min_length=1, max_length=1000)]


class Range(Contract):
    """The metadata has this key with a value between bounds: numbers by size, texts (so ISO dates) by code point."""

    key: MetadataKey
    gt: Number | Text | None = None
    gte: Number | Text | None = None
    lt: Number | Text | None = None
    lte: Number | Text | None = None

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        kinds = {isinstance(bound, str) for bound in self.bounds.values()}
        if len(kinds) != 1:
            raise ValueError("a range has at least one bound, and its bounds are all numbers or all texts")
        return self

    @property
    def bounds(self) -> dict[str, int | float | str]:
        """The bounds that are given, by name."""
        given = {"gt": self.gt, "gte": self.gte, "lt": self.lt, "lte": self.lte}
        return {name: bound for name, bound in given.items() if bound is not None}


class Filter(Contract):
    """Conditions that an image has to meet, all of them. A filter without conditions admits every image."""

    labels: Annotated[tuple[Label, ...], Field(max_length=1000)] | None = None
    """The label is one of these."""
    metadata: Annotated[tuple[Equality | Range, ...], Field(max_length=64)] = ()
    """Each of these holds."""
    ids: Annotated[tuple[ImageId, ...], Field(max_length=MAX_IDS)] | None = None
    """The id is one of these."""
    not_ids: Annotated[tuple[ImageId, ...], Field(max_length=MAX_IDS)] = ()
    """The id is none of these."""
