"""The original system's file of features as a source: its pictures, taken out one by one.

It is what `numpy.savez` writes: a zip of arrays, here `features` (n, ...), `labels` (n,) and `Images`
(n, height, width, 3) with values in [0, 1]. The pictures of Caltech-101 take gigabytes as floats, so they are read one
by one from the zip's stream, never as one array.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cli.failures import CommandFailed
from cli.ingest.source import Finding, Unreadable

_KEYS = ("features", "labels", "Images")
_ADVICE = "It should be a file as the original system writes it, by numpy.savez with features, labels and Images."


@dataclass(frozen=True, slots=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool


@dataclass(frozen=True, slots=True)
class NpzPicture:
    """A picture of the file, as a PNG."""

    source: str
    label: str | None
    png: bytes

    def digest(self) -> tuple[str, int]:
        """Hash the PNG."""
        return hashlib.sha256(self.png).hexdigest(), len(self.png)

    def read(self) -> bytes:
        """Give the PNG."""
        return self.png


@dataclass(frozen=True, slots=True)
class NpzFile:
    """A file that was found to be whole in its form."""

    path: Path
    labels: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Check a file, without reading its pictures.

        Raises:
            CommandFailed: It is unreadable, lacks an array, or the arrays' counts differ.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                names = {name.removesuffix(".npy") for name in archive.namelist()}
                if missing := [key for key in _KEYS if key not in names]:
                    raise CommandFailed(f"{path} lacks the arrays: {', '.join(missing)}.", _ADVICE)
                headers = {key: _header_of(archive, key) for key in _KEYS}
                with archive.open("labels.npy") as member:
                    labels = np.lib.format.read_array(member, allow_pickle=False)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise CommandFailed(f"{path} cannot be read as an .npz file.", _ADVICE) from error
        counts = {key: header.shape[0] if header.shape else 0 for key, header in headers.items()}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{count} {key}" for key, count in counts.items())
            raise CommandFailed(f"{path} has arrays of different lengths: {told}.", _ADVICE)
        pictures = headers["Images"]
        if len(pictures.shape) != 4 or pictures.shape[3] != 3 or pictures.dtype.kind != "f" or pictures.fortran_order:
            raise CommandFailed(f"{path} has Images that are no RGB pictures with values in [0, 1].", _ADVICE)
        return cls(path, tuple(map(_text, labels)))

    def count(self) -> int:
        """Count the pictures."""
        return len(self.labels)

    def findings(self) -> Iterator[Finding]:
        """Go through the pictures, in their order."""
        with zipfile.ZipFile(self.path) as archive, archive.open("Images.npy") as member:
            header = _read_header(member)
            size = header.dtype.itemsize * int(np.prod(header.shape[1:]))
            for number, label in enumerate(self.labels):
                source = f"{self.path.name}#{number}"
                if (data := _read(member, size)) is None:
                    yield Unreadable(source, "The file is damaged from this picture on.")
                    return
                picture = np.frombuffer(data, header.dtype).reshape(header.shape[1:])
                yield NpzPicture(source, label.strip() or None, _png(picture))


def _header_of(archive: zipfile.ZipFile, key: str) -> _Header:
    with archive.open(f"{key}.npy") as member:
        return _read_header(member)


def _read_header(member: IO[bytes]) -> _Header:
    version = np.lib.format.read_magic(member)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(member)
    return _Header(shape, dtype, fortran_order)


def _read(member: IO[bytes], size: int) -> bytes | None:
    try:
        data = member.read(size)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        return None
    return data if len(data) == size else None


def _png(picture: NDArray[np.floating]) -> bytes:
    levels = np.rint(np.clip(np.nan_to_num(picture.astype(np.float32)), 0, 1) * 255).astype(np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(levels).save(encoded, "PNG")
    return encoded.getvalue()


def _text(label: Any) -> str:
    return label.decode(errors="replace") if isinstance(label, bytes) else str(label)
