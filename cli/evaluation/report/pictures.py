"""Small pictures that are part of the report's file."""

import base64
import io

import httpx
from PIL import Image, ImageOps

from cli.evaluation.picture import Picture

_SIDE = 112
_TINY_SIDE = 56
_BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAMLCwgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="


class Thumbnails:
    """Makes data addresses of pictures; each is read once."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], str] = {}

    def small(self, picture: Picture) -> str:
        """For a row of results."""
        return self._of(picture, _SIDE)

    def tiny(self, picture: Picture) -> str:
        """For the map, which has many."""
        return self._of(picture, _TINY_SIDE)

    def _of(self, picture: Picture, side: int) -> str:
        key = id(picture), side
        if key not in self._made:
            self._made[key] = _address(picture, side)
        return self._made[key]


def _address(picture: Picture, side: int) -> str:
    try:
        opened = Image.open(io.BytesIO(picture.read()))
        opened.draft("RGB", (2 * side, 2 * side))
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError, httpx.HTTPError):
        return _BLANK  # one picture that cannot be shown does not cost the report
    image.thumbnail((side, side))
    shown = Image.new("RGB", image.size, "white")
    shown.paste(image, mask=image)
    encoded = io.BytesIO()
    shown.save(encoded, "JPEG", quality=70)
    return "data:image/jpeg;base64," + base64.b64encode(encoded.getvalue()).decode()
