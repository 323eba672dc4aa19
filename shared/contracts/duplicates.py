"""Near-duplicates of a collection, and what people have decided about them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.base import Contract, ImageId
from shared.contracts.search import ImageRecord, Revision

MAX_DECIDED = 1000
"""Most images of one decision."""

MAX_SHOWN = 100
"""Images of a group that an answer shows; `size` counts all."""

DecisionId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
LeastScore = Annotated[float, Field(gt=0, le=1)]


class Decision(Contract):
    """What a person says of images that look the same: they are different things, or one of them is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"ids": ["pond-1", "pond-2"], "verdict": "distinct"},
                {"ids": ["pond-1", "pond-2"], "verdict": "keep", "keep": "pond-1"},
            ]
        }
    )

    ids: Annotated[tuple[ImageId, ...], Field(min_length=2, max_length=MAX_DECIDED)]
    verdict: Literal["distinct", "keep"]
    keep: ImageId | None = None
    """The one that is kept, where the verdict is `keep`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.ids)) < len(self.ids):
            raise ValueError("each image is named once")
        if (self.verdict == "keep") != (self.keep is not None):
            raise ValueError("`keep` names an image where the verdict is `keep`, and nowhere else")
        if self.keep is not None and self.keep not in self.ids:
            raise ValueError("the image that is kept is one of the ids")
        return self


class StoredDecision(Decision):
    """A decision that is remembered."""

    id: DecisionId
    """Made of the ids: another decision about the same images takes its place."""
    decided_at: datetime


class DecisionPage(Contract):
    """Decisions in the order of their ids."""

    decisions: tuple[StoredDecision, ...]
    next_after: DecisionId | None
    """The id to continue after; None on the last page."""


class DuplicateRecord(Contract):
    """An image of a group."""

    record: ImageRecord
    score: float
    """To the first image of the group."""


class DuplicateGroup(Contract):
    """Images that look the same: the first one, and those that are near it, nearest first."""

    size: int
    """How many images the group has; so many are shown at most."""
    images: tuple[DuplicateRecord, ...]
    decisions: tuple[StoredDecision, ...]
    """Those about the first image and another one of the group."""


class DuplicateReport(Contract):
    """A page of groups, in the order of the ids of their first images; or word of how far their search is."""

    ready: bool
    progress: float
    """From 0 to 1; of a report that is there, of the one that is to take its place."""
    revision: Revision
    """The last write that the report has; 0 before there is one."""
    groups: tuple[DuplicateGroup, ...]
    next_after: ImageId | None
    """The first image of the group to continue after; None on the last page."""
