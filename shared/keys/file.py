"""The file of keys: read by the gateway, written by `lookalike keys`."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from shared.contracts.access import ApiKey, ApiKeys
from shared.durability import sync_folder


class KeyFileDamaged(Exception):
    """The file is not one of keys, or not a whole one."""


class KeyFile:
    """Keys in a JSON file that its owner alone may read. All methods touch the disk and raise `OSError` where it fails.

    Args:
        path: The file; one that is not there holds no keys.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[ApiKey, ...]:
        """Read all keys.

        Raises:
            KeyFileDamaged: What is there are no keys.
        """
        try:
            return ApiKeys.model_validate_json(self.path.read_bytes()).keys
        except FileNotFoundError:
            return ()
        except ValidationError as error:
            raise KeyFileDamaged(f"{self.path} does not hold API keys.") from error

    def version(self) -> object:
        """Give what changes whenever the file does; None where there is no file."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def add(self, key: ApiKey) -> None:
        """Add a key; on return it is on the disk.

        Raises:
            KeyFileDamaged: What is there are no keys.
        """
        with self._alone():
            self._write((*self.read(), key))

    def remove(self, key_id: str) -> ApiKey | None:
        """Remove a key and give it back, None where there is none of this id; on return it is gone from the disk.

        Raises:
            KeyFileDamaged: What is there are no keys.
        """
        with self._alone():
            keys = {key.id: key for key in self.read()}
            removed = keys.pop(key_id, None)
            if removed is not None:
                self._write(tuple(keys.values()))
        return removed

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out: of two that read before either writes, one would undo what the other did."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        folder = self.path.parent
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{self.path.name}.")  # its mode is 0600
        written = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(ApiKeys(keys=keys).model_dump_json(indent=2).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
                self._keep_owner(file.fileno())
            written.replace(self.path)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
        sync_folder(folder)

    def _keep_owner(self, descriptor: int) -> None:
        """Leave the file to whom it belonged: the gateway, which reads it, may run as another user than root."""
        if self.path.exists() and os.geteuid() == 0:
            before = self.path.stat()
            os.fchown(descriptor, before.st_uid, before.st_gid)
