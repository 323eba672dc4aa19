"""Arrays in files whose names are the digests of what is in them."""

import hashlib
import os
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from shared.durability import sync_folder

_WRITTEN_AT_ONCE = 16 * 2**20
_THREADS = 2


class Damaged(Exception):
    """A file is not there, or is not what its name says."""


class Objects:
    """A folder of arrays. The same array is stored once, and one that is there is never changed.

    Args:
        folder: Is made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, array: NDArray[Any]) -> str:
        """Write an array to the disk, and give its name: the SHA-256 of the file in hexadecimal."""
        self._folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        unfinished = self._folder / f"{uuid4().hex}.part"
        with unfinished.open("wb") as file:
            writer = _Hashing(file, digest)
            np.lib.format.write_array_header_2_0(writer, np.lib.format.header_data_from_array_1_0(array))
            flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
            for start in range(0, len(flat), _WRITTEN_AT_ONCE):
                writer.write(flat[start : start + _WRITTEN_AT_ONCE].data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._folder / digest.hexdigest())
        return digest.hexdigest()

    def sync(self) -> None:
        """Make sure that all arrays that were put outlive a loss of power, under their names."""
        sync_folder(self._folder)

    def verify(self, names: Iterable[str]) -> None:
        """Read the files whole, and compare them with their names.

        Raises:
            Damaged: One is missing or differs.
        """
        with ThreadPoolExecutor(_THREADS) as threads:
            for name, digest in threads.map(self._digest, names):
                if digest != name:
                    raise Damaged(f"The file {name} is damaged.")

    def get(self, name: str) -> NDArray[Any]:
        """Map an array into memory; its pages are read when they are needed.

        Raises:
            Damaged: It is not there.
        """
        try:
            array: NDArray[Any] = np.load(self._folder / name, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise Damaged(f"The file {name} cannot be read.") from error
        return array

    def keep_only(self, names: Collection[str]) -> None:
        """Remove all other arrays. What is mapped into memory stays readable."""
        for path in self._folder.iterdir():
            if path.name not in names:
                path.unlink(missing_ok=True)

    def _digest(self, name: str) -> tuple[str, str]:
        try:
            with (self._folder / name).open("rb") as file:
                return name, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise Damaged(f"The file {name} cannot be read.") from error


class _Hashing:
    """Writes to a file, and hashes what is written."""

    def __init__(self, file: Any, digest: Any) -> None:
        self._file = file
        self._digest = digest

    def write(self, data: Any) -> None:
        self._file.write(data)
        self._digest.update(data)
