"""Refuses work beyond what fits in memory, before any of it is begun."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Overloaded


class Admission:
    """Counts the images, and their bytes, that are taken in and not yet answered."""

    def __init__(self, max_images: int, max_bytes: int) -> None:
        self._images_left = max_images
        self._bytes_left = max_bytes

    @contextmanager
    def admit(self, images: int, size: int) -> Iterator[None]:
        """Hold room for `images` images of `size` bytes together.

        Raises:
            Overloaded: There is not enough room left.
        """
        if images > self._images_left or size > self._bytes_left:
            raise Overloaded("Too many images are being embedded.")
        self._images_left -= images
        self._bytes_left -= size
        try:
            yield
        finally:
            self._images_left += images
            self._bytes_left += size
