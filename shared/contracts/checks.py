"""What the search service says of itself to those who look whether all is well: vectors, and how they are indexed."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract, ImageId, Vector
from shared.contracts.search import Revision

MAX_VECTORS = 100
"""Most vectors in one answer."""


MAX_CHECKED = 256
"""Most ids that are compared in one call; their vectors are in memory together."""


FaultKind = Literal["malformed", "missing", "extra", "differs"]


class VectorsRequest(Contract):
    """Images whose vectors are asked for."""

    ids: Annotated[tuple[ImageId, ...], Field(max_length=MAX_VECTORS)]


class ImageVector(Contract):
    """The vector of an image, and the write that it came with."""

    id: ImageId
    revision: Revision
    vector: Vector


class VectorsResponse(Contract):
    """The vectors of those images that exist."""

    vectors: tuple[ImageVector, ...]


class IndexFault(Contract):
    """What is the matter with an image's vector.

    `malformed`: the store's vector is none of its space. `missing`: the store has the image and the index has not.
    `extra`: the index has it and the store has not. `differs`: the two have other vectors.
    """

    id: ImageId
    kind: FaultKind
    detail: str
    """A sentence for the operator."""


class IndexCheck(Contract):
    """How the index of the service that answers compares to the store, for one page of ids in their order.

    Images that are written while they are looked at are looked at again, and those that never hold still are left out:
    what is named here was wrong at rest.
    """

    checked: int
    """Ids that the store, the index or both have on this page."""
    faults: tuple[IndexFault, ...]
    next_after: ImageId | None
    """The id to continue after; None on the last page."""
