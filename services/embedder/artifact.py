"""Files that are made once and kept: all of them whole, or none."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from services.embedder.weights.source import digest

_DIGESTS = "sha256.json"


class Artifact:
    """A folder of files that were made together, and their digests.

    Args:
        folder: Where it is kept, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        return self._folder / name

    def is_whole(self) -> bool:
        """Tell whether every file is there as it was made; reads them all."""
        try:
            digests = json.loads(self.path(_DIGESTS).read_text())
            return all(digest(self.path(name)) == expected for name, expected in digests.items())
        except (OSError, ValueError, AttributeError):
            return False

    def sha256(self) -> str:
        """Name the content: the digest of all digests."""
        return digest(self.path(_DIGESTS))

    def make(self, write: Callable[[Path], None]) -> None:
        """Let `write` fill a folder, which then takes this one's place.

        Two processes that make the same at the same time both succeed, and the last one's files stay.
        """
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that the last step is a rename.
        with tempfile.TemporaryDirectory(dir=self._folder.parent, prefix=f".{self._folder.name}-") as scratch:
            new, old = Path(scratch, "new"), Path(scratch, "old")
            new.mkdir()
            write(new)
            digests = {file.name: digest(file) for file in sorted(new.iterdir())}
            (new / _DIGESTS).write_text(json.dumps(digests, indent=1) + "\n")
            if self._folder.exists():
                shutil.move(self._folder, old)
            new.rename(self._folder)
