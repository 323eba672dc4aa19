"""Compares two image files by what they show."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

_DEEP = ("I", "F")
"""Beginnings of the modes with more than 8 bits a channel, which a conversion would clip."""


def difference(stored: bytes, original: bytes) -> str | None:
    """Tell in a sentence how a stored image differs from its original; None where all pixels are equal.

    Of an animation the first frame counts, shown upright.
    """
    one, other = _pixels(stored), _pixels(original)
    if one is None or other is None:
        which = "The image" if one is None else "Its source"
        return f"{which} cannot be decoded, and its bytes are not those of the other."
    if one.shape != other.shape:
        return f"The image has {_size(one)} pixels, its source {_size(other)}."
    different = one != other
    if not different.any():
        return None
    pixels = int(different.any(axis=-1).sum()) if different.ndim == 3 else int(different.sum())
    largest = np.abs(one[different].astype(np.float64) - other[different].astype(np.float64)).max()
    return f"{pixels} of {one.shape[0] * one.shape[1]} pixels differ from its source, by up to {largest:g}."


def _pixels(data: bytes) -> NDArray[np.generic] | None:
    try:
        with Image.open(BytesIO(data)) as file:
            upright = ImageOps.exif_transpose(file)
            return np.asarray(upright if upright.mode.startswith(_DEEP) else upright.convert("RGBA"))
    except Exception:  # codecs answer damaged bytes with exceptions of any class
        return None


def _size(pixels: NDArray[np.generic]) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"
