"""What the search service says of many images at once: those of some ids, those that a filter admits."""

from typing import Annotated

from pydantic import Field

from shared.contracts.base import Contract, ImageId
from shared.contracts.filters import Filter, Label
from shared.contracts.search import ImageRecord, Revision

MAX_RECORDS = 1000
"""Most records in one answer."""

MAX_REMOVED = 64
"""Most images that one call removes: it ends within its deadline, and others get their turn."""

SHOWN = 20
"""Ids that a survey names."""


class RecordsRequest(Contract):
    """Images whose records are asked for."""

    ids: Annotated[tuple[ImageId, ...], Field(max_length=MAX_RECORDS)]


class Records(Contract):
    """The records of those images that exist."""

    records: tuple[ImageRecord, ...]


class SelectRequest(Contract):
    """A page of the images that a filter admits."""

    filter: Filter
    after: ImageId | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_RECORDS)] = 100


class SurveyRequest(Contract):
    """Images that are to be counted."""

    filter: Filter


class Survey(Contract):
    """How many images a filter admits, and the first of them in the order of their ids."""

    count: int
    ids: tuple[ImageId, ...]
    revision: Revision
    """The last write that was looked at."""


class RemoveRequest(Contract):
    """A slice of the images that a filter admits, to be removed."""

    filter: Filter
    revision: Revision
    """Images that were written after this write stay."""
    after: ImageId | None = None
    """Where the slice begins: behind this id."""


class Removed(Contract):
    """What has become of a slice."""

    count: int
    """Images that were removed."""
    revision: Revision
    """The last write that removed one; 0 where none was."""
    next_after: ImageId | None
    """Where the next slice begins; None after the last one."""


class LabelCount(Contract):
    """A label, and how many images have it."""

    label: Label
    images: int


class LabelPage(Contract):
    """Labels in their order."""

    labels: tuple[LabelCount, ...]
    next_after: str | None
    """The label to continue after; None on the last page."""
