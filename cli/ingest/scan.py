"""Which files of a folder are offered to a collection."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.ingest.source import Finding, PassedOver, Unreadable

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file that should be an image, by its name."""

    path: Path
    source: str
    """Its path below the folder, with `/` between the names."""
    label: str | None
    """Name of the folder that it lies in; None directly in the folder that was asked for."""

    def digest(self) -> tuple[str, int]:
        """Hash the file without holding it in memory."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size

    def read(self) -> bytes:
        """Read the file."""
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Folder:
    """The images of a folder and of all below it, as a source."""

    path: Path

    def count(self) -> int:
        """Count the image files."""
        return sum(isinstance(finding, ImageFile) for finding in self.findings())

    def findings(self) -> Iterator[Finding]:
        """Go through the folder as `scan` does."""
        return scan(self.path)


def scan(folder: Path) -> Iterator[Finding]:
    """Go through a folder and all below it, in the order of the names, one folder's list in memory at a time.

    A link to a file inside the folder is a candidate like that file; links that lead outside, nowhere or to a folder
    are passed over: what they show is found at its own place or was not asked for.
    """
    root = folder.resolve()
    waiting = [root]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Unreadable(_text(current.relative_to(root).as_posix()), error.strerror or "cannot be read")
            continue
        folders = []
        for entry in entries:
            path = current / entry.name
            if entry.name.startswith("."):
                yield PassedOver("hidden")
            elif entry.is_symlink() and not _shows_file_inside(path, root):
                yield PassedOver("links")
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif path.suffix.lower() in IMAGE_SUFFIXES and entry.is_file():
                yield _candidate(path, root)
            else:
                yield PassedOver("other types")
        waiting.extend(reversed(folders))


def _candidate(path: Path, root: Path) -> ImageFile:
    source = path.relative_to(root)
    label = _text(source.parent.name).strip()
    return ImageFile(path, _text(source.as_posix()), label or None)


def _shows_file_inside(link: Path, root: Path) -> bool:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # it leads nowhere, or in a circle
        return False
    return target.is_file() and target.is_relative_to(root)


def _text(name: str) -> str:
    """Replace the bytes of a file's name that are no UTF-8: they could not be sent."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
