"""Regions as they stand in an address or on a command line: `x,y,w,h`."""

from pydantic import ValidationError

from shared.contracts.region import Region
from shared.errors import InvalidRegion

MEANING = "`x,y,w,h`: left, top, width and height in fractions of the image as it is shown, as in `0.5,0,0.5,1`."


def parse(text: str) -> Region:
    """Read `x,y,w,h`.

    Raises:
        InvalidRegion: It is not four numbers, or not a rectangle inside the image.
    """
    try:
        x, y, width, height = map(float, text.split(","))
        return Region(x=x, y=y, width=width, height=height)
    except (ValueError, ValidationError):
        raise InvalidRegion(
            "A region is `x,y,w,h`: four numbers from 0 to 1, in fractions of the image, that stay inside it."
        ) from None
