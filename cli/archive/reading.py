"""Reads an archive from its beginning to its end, image by image, and believes nothing that it says."""

import hashlib
import re
from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from cli.archive.image import ArchivedImage, NotWhole
from cli.archive.manifest import ArchivedRecord, Completion, Manifest
from cli.archive.members import Foreign, Header, Readable, read_data, read_header
from shared.contracts.base import Contract

MANIFEST = "lookalike.json"
COMPLETION = "complete.json"
MAX_IMAGES = 99_999_999
"""As many as have a number of eight digits."""
MAX_IMAGE_BYTES = 256 * 2**20
MAX_SMALL_BYTES = 8 * 2**20
"""Longest thumbnail, and longest vector: as much as the search service takes of both."""
MAX_DOCUMENT_BYTES = 128 * 2**10

_CHUNK = 2**16
_ENDING = re.compile(r"[a-z0-9]{1,16}")

Document = TypeVar("Document", bound=Contract)


def folder(number: int) -> str:
    """Name the folder of an image."""
    return f"{number:08}"


class _Hashed:
    """A file whose bytes are counted and hashed as they are read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.position = 0

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        self.position += len(data)
        return data


class ArchiveReader:
    """Goes through an open file; where it stands afterwards, and what it has seen, tell what the file is.

    Raises, from its first read on:
        Torn: The file ends too early.
        Foreign: It is no archive, or one that was changed.

    Args:
        file: Open for reading, at its beginning.
    """

    def __init__(self, file: Readable) -> None:
        self._file = _Hashed(file)
        self.manifest = self._document(Manifest, self._member(MANIFEST))
        self.images = 0
        """Whole images that were read."""
        self.last_id = ""
        self.end = self._file.position
        """Where the last whole image ends."""
        self.digest = self._file.sha256.copy()
        """Of all bytes up to there."""
        self.completion: Completion | None = None
        """What the archive says of itself, where it is complete and that is true."""

    def __iter__(self) -> Iterator[ArchivedImage]:
        while (header := self._header()).name != COMPLETION:
            if self.images == MAX_IMAGES:
                raise Foreign(f"It holds more than {MAX_IMAGES} images.")
            try:
                image = self._image(header)
            except NotWhole as error:
                raise Foreign(f"Its image {self.images + 1} is damaged. {error}") from error
            self.images += 1
            self.last_id = image.record.id
            self._mark()
            yield image
        completion = self._document(Completion, header)
        if (completion.images, completion.sha256) != (self.images, self.digest.hexdigest()):
            raise Foreign("Its count or its digest is not that of what it holds.")
        if read_header(self._file) is not None or any(map(any, iter(lambda: self._file.read(_CHUNK), b""))):
            raise Foreign("It goes on behind its end.")
        self.completion = completion

    def _image(self, header: Header) -> ArchivedImage:
        under = folder(self.images + 1)
        if header.name != f"{under}/record.json":
            raise Foreign(f"It has no {under}/record.json where that belongs.")
        record = self._document(ArchivedRecord, header)
        if record.id <= self.last_id:
            raise Foreign("Its images are not in the order of their ids.")
        image = ArchivedImage(
            record,
            self._part(f"{under}/image.{ending(record.content_type)}", record.image.size, MAX_IMAGE_BYTES),
            self._part(f"{under}/thumbnail.jpg", record.thumbnail.size, MAX_SMALL_BYTES),
            self._part(f"{under}/vector.npy", record.vector.size, MAX_SMALL_BYTES),
        )
        image.check(self.manifest.space)
        return image

    def _part(self, name: str, size: int, limit: int) -> bytes:
        header = self._member(name)
        if header.size != size:
            raise Foreign(f"Its member {name} does not have the length that its record names.")
        return read_data(self._file, header, limit)

    def _member(self, name: str) -> Header:
        header = self._header()
        if header.name != name:
            raise Foreign(f"It has no {name} where that belongs.")
        return header

    def _header(self) -> Header:
        header = read_header(self._file)
        if header is None:
            raise Foreign("It ends without saying that it is complete.")
        return header

    def _document(self, document: type[Document], header: Header) -> Document:
        data = read_data(self._file, header, MAX_DOCUMENT_BYTES)
        try:
            return document.model_validate_json(data)
        except ValidationError as error:
            raise Foreign(f"Its {header.name} is not what this version of Lookalike writes.") from error

    def _mark(self) -> None:
        self.end, self.digest = self._file.position, self._file.sha256.copy()


def ending(content_type: str) -> str:
    """Give the ending of a file's name for a media type, as in `jpg`."""
    kind = content_type.removeprefix("image/")
    if kind == "jpeg":
        return "jpg"
    return kind if _ENDING.fullmatch(kind) else "bin"
