"""One image of an archive: its record, its files, and its vector."""

import hashlib
import io
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

from cli.archive.manifest import ArchivedRecord, Part, ThumbnailPart
from shared.contracts.embedding import SpaceRef, Thumbnail
from shared.contracts.search import ImageCommit, ImageRecord

_FORMATS = {f"image/{name.lower()}": name for name in ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")}


class NotWhole(Exception):
    """What should be an image is none; says in a sentence what is the matter."""


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """An image as an archive has it; `npy` is its vector as a file of NumPy."""

    record: ArchivedRecord
    data: bytes
    thumbnail: bytes
    npy: bytes

    @classmethod
    def of(cls, record: ImageRecord, data: bytes, thumbnail: bytes, vector: bytes) -> Self:
        """Take up an image that was read from a service; `vector` is little-endian float32.

        Raises:
            NotWhole: The bytes are not those of the record, or a file is no image of its type.
        """
        image = _part(data)
        if (image.sha256, image.size) != (record.sha256, record.size):
            raise NotWhole("Its bytes are not those that its record names.")
        _require_type(data, record.content_type)
        width, height = _size(thumbnail)
        npy = _npy(vector)
        facts = record.model_dump(include=set(ArchivedRecord.model_fields) & set(ImageRecord.model_fields))
        parts = {
            "image": image,
            "thumbnail": ThumbnailPart(width=width, height=height, **_part(thumbnail).model_dump()),
            "vector": _part(npy),
        }
        return cls(ArchivedRecord(**facts, **parts), data, thumbnail, npy)

    def check(self, space: SpaceRef) -> None:
        """Check all digests, that the files are what they are called, and that the vector is one of the space.

        Raises:
            NotWhole: Something does not match.
        """
        record = self.record
        files = ((self.data, record.image), (self.thumbnail, record.thumbnail), (self.npy, record.vector))
        if any(hashlib.sha256(data).hexdigest() != part.sha256 for data, part in files):
            raise NotWhole("A file does not have the digest that its record names.")
        _require_type(self.data, record.content_type)
        if _size(self.thumbnail) != (record.thumbnail.width, record.thumbnail.height):
            raise NotWhole("The thumbnail does not have the size that its record names.")
        if len(self.vector()) != 4 * space.dimensions:
            raise NotWhole(f"The vector does not have the {space.dimensions} dimensions of its space.")

    def vector(self) -> bytes:
        """Give the vector as little-endian float32.

        Raises:
            NotWhole: It is no file of NumPy with one row of float32.
        """
        file = io.BytesIO(self.npy)
        try:
            # Read by hand: NumPy would make room for as many values as the header claims to have.
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
        except ValueError as error:
            raise NotWhole("The vector is no file of NumPy.") from error
        values = file.read()
        if fortran_order or dtype != np.dtype("<f4") or shape != (len(values) // 4,) or len(values) % 4:
            raise NotWhole("The vector is no row of float32.")
        return values

    def commit(self, space: SpaceRef) -> ImageCommit:
        """Describe the image to the service that takes it in."""
        record = self.record
        return ImageCommit(
            sha256=record.image.sha256,
            content_type=record.content_type,
            width=record.width,
            height=record.height,
            label=record.label,
            metadata=record.metadata,
            space=space,
            vector=self.vector(),
            thumbnail=Thumbnail(width=record.thumbnail.width, height=record.thumbnail.height, data=self.thumbnail),
            created_at=record.created_at,
        )


def _require_type(data: bytes, content_type: str) -> None:
    """Refuse a file that is no image of the type under which browsers would be given it."""
    name = _FORMATS.get(content_type)
    try:
        if name is None:
            raise ValueError
        Image.open(io.BytesIO(data), formats=(name,)).close()
    except Exception as error:  # codecs answer hostile bytes with exceptions of any class
        raise NotWhole(f"The file is no image of the type {content_type}.") from error


def _size(thumbnail: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as image:
            return image.size
    except Exception as error:
        raise NotWhole("The thumbnail is no JPEG.") from error


def _part(data: bytes) -> Part:
    return Part(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _npy(vector: bytes) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.frombuffer(vector, "<f4"), (1, 0), allow_pickle=False)
    return file.getvalue()
