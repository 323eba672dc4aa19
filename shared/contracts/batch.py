"""Many images in one request, and what became of each."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from shared.contracts.base import Contract, ImageId
from shared.contracts.filters import Label
from shared.contracts.gateway import Image
from shared.contracts.metadata import Metadata
from shared.contracts.problem import Problem


class BatchFacts(Contract):
    """What the client says of one file."""

    id: ImageId | None = None
    """An id of the client's; where there is none, one is made from the bytes."""
    label: Label | None = None
    metadata: Metadata | None = None


MAX_FACTS = 1000

BatchFactsList = Annotated[tuple[BatchFacts | None, ...], Field(max_length=MAX_FACTS)]

FACTS: TypeAdapter[tuple[BatchFacts | None, ...]] = TypeAdapter(BatchFactsList)


class StoredItem(Contract):
    """A file that is stored now, whatever was there before."""

    status: Literal["created", "replaced", "unchanged"]
    """`replaced`: another file, label or metadata was there under this id; `unchanged`: all was there already."""
    image: Image


class FailedItem(Contract):
    """A file that is not stored, and why; those beside it are not concerned."""

    status: Literal["failed"] = "failed"
    problem: Problem


BatchItem = Annotated[StoredItem | FailedItem, Field(discriminator="status")]


class BatchResponse(Contract):
    """One outcome for each file, in the order of the request."""

    created: int
    replaced: int
    unchanged: int
    failed: int
    items: tuple[BatchItem, ...]
