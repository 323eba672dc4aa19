"""Examples: what the images that are looked for look like, and what they do not."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.contracts.base import Contract, ImageId, Vector

MAX_EXAMPLES = 16
"""Most examples in one query."""

Weight = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
"""Above zero: more like this. Below zero: less like this. Zero: it does not count."""


class Example(Contract):
    """A stored image, or a vector, or both: then the vector, that of a region of the image, stands for its own."""

    id: ImageId | None = None
    vector: Vector | None = None
    weight: Weight = 1

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.id is None and self.vector is None:
            raise ValueError("an example has an id or a vector")
        return self
