"""Regions: parts of an image that are meant instead of the whole."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.contracts.base import Contract, Numeric

_ROUNDING = 1e-6
"""How far beyond the image's border thirds and sevenths may add up."""

Position = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), Numeric]
Length = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), Numeric]


class Region(Contract):
    """A rectangle, in fractions of the image's width and height as it is shown; 0, 0 is its upper left corner."""

    x: Position
    y: Position
    width: Length
    height: Length

    @model_validator(mode="after")
    def _lies_in_the_image(self) -> Self:
        if max(self.x + self.width, self.y + self.height) > 1 + _ROUNDING:
            raise ValueError("a region ends inside its image")
        return self

    def __str__(self) -> str:
        """Write it as it stands in an address: `x,y,w,h`."""
        return f"{self.x},{self.y},{self.width},{self.height}"


WHOLE = Region(x=0, y=0, width=1, height=1)
"""The region that is the image itself."""

MAX_REGIONS = 16
"""Most regions that are asked for in one request."""
