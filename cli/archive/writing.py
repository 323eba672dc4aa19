"""Writes an archive, image by image, and goes on with one that was broken off."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from cli.archive.image import ArchivedImage
from cli.archive.manifest import Completion, Manifest
from cli.archive.members import Foreign, Torn, encode, end
from cli.archive.reading import COMPLETION, MANIFEST, MAX_IMAGES, ArchiveReader, ending, folder
from cli.failures import CommandFailed
from shared.durability import sync_folder


class ArchiveWriter:
    """Appends whole images to `FILE.part`, and gives it its name when it is complete. Its methods block.

    Args:
        path: Of the archive when it is complete.
        file: The unfinished file, open for reading and writing.
        reader: Has read what is there, up to the last whole image.
    """

    def __init__(self, path: Path, file: IO[bytes], reader: ArchiveReader) -> None:
        self._path = path
        self._file = file
        self._digest = reader.digest
        self._position = reader.end
        self.images = self.found = reader.images
        """Images in the archive, and those of them that were there when it was opened."""
        self.last_id = reader.last_id
        file.truncate(reader.end)

    @classmethod
    @contextmanager
    def opened(cls, path: Path, manifest: Manifest, on_image: Callable[[int], None] | None = None) -> Iterator[Self]:
        """Begin an archive, or go on with the one that `path` and `.part` name, whose images are all read and checked.

        Raises:
            CommandFailed: There is an archive already; the unfinished one is of another collection or another
                process's; or the file cannot be written.
        """
        part = unfinished(path)
        try:
            if path.exists():
                raise CommandFailed(f"{path} is there already.", "Name another file, or remove that one.")
            with part.open("a+b") as file:
                _lock(file, part)
                yield cls(path, file, _read(file, part, manifest, on_image))
        except OSError as error:
            raise CommandFailed(f"{part} cannot be written: {error.strerror}.") from error

    def append(self, images: Sequence[ArchivedImage]) -> None:
        """Write images behind those that are there, each in one piece.

        Raises:
            CommandFailed: There are more than an archive takes.
            OSError: The disk failed or is full.
        """
        for image in images:
            if self.images == MAX_IMAGES:
                raise CommandFailed(f"An archive holds at most {MAX_IMAGES} images.")
            self._write(_encode(self.images + 1, image))
            self.images += 1
            self.last_id = image.record.id
        self._file.flush()

    def complete(self) -> None:
        """Close the archive and give it its name; when this returns, it is on the disk.

        Raises:
            OSError: The disk failed or is full.
        """
        completion = Completion(images=self.images, sha256=self._digest.hexdigest())
        self._write(encode(COMPLETION, completion.model_dump_json().encode(), 0))
        self._write(end(self._position))
        self._file.flush()
        os.fsync(self._file.fileno())
        unfinished(self._path).rename(self._path)
        sync_folder(self._path.parent)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._position += len(data)


def unfinished(path: Path) -> Path:
    """Name the file that an archive is written to until it is complete."""
    return path.with_name(path.name + ".part")


def _lock(file: IO[bytes], part: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandFailed(f"Another export is writing {part}.", "Wait for its end.") from None


def _read(file: IO[bytes], part: Path, manifest: Manifest, on_image: Callable[[int], None] | None) -> ArchiveReader:
    """Read what an earlier run has left, up to its last whole image; where that is nothing, begin."""
    file.seek(0)
    try:
        reader = ArchiveReader(file)
    except Torn:
        file.truncate(0)
        file.seek(0)
        file.write(encode(MANIFEST, manifest.model_dump_json(indent=2).encode(), 0))
        file.flush()
        file.seek(0)
        reader = ArchiveReader(file)
    except Foreign as error:
        raise CommandFailed(f"{part} is no unfinished archive.", "Name another file, or remove that one.") from error
    if (reader.manifest.collection, reader.manifest.space) != (manifest.collection, manifest.space):
        raise CommandFailed(
            f"{part} was begun with the collection {reader.manifest.collection} "
            f"of the space {reader.manifest.space.fingerprint}.",
            "Name another file, or remove that one.",
        )
    try:
        for _ in reader:
            if on_image:
                on_image(reader.images)
    except (Torn, Foreign):
        return reader  # what follows the last whole image is cut off
    return reader


def _encode(number: int, image: ArchivedImage) -> bytes:
    moment = int(image.record.created_at.timestamp())
    members = {
        "record.json": image.record.model_dump_json(indent=2).encode(),
        f"image.{ending(image.record.content_type)}": image.data,
        "thumbnail.jpg": image.thumbnail,
        "vector.npy": image.npy,
    }
    return b"".join(encode(f"{folder(number)}/{name}", data, moment) for name, data in members.items())
