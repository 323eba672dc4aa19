"""What a source of weights is, and what sources have in common."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from services.embedder.recipes import Network


class WeightsUnavailable(Exception):
    """The weights cannot be had; the message says why and how to mend it, without a path."""


@dataclass(frozen=True)
class Weights:
    """A file of weights that has been checked."""

    name: str
    path: Path
    sha256: str
    form: Literal["keras", "torchscript"]
    network: Network
    """The architecture that they were trained in."""


class Source(Protocol):
    """Knows one kind of weights."""

    def find(self) -> Weights | None:
        """Look for them on this machine alone; a damaged file counts as none."""
        ...

    def obtain(self) -> Weights:
        """Find them, or fetch them.

        Raises:
            WeightsUnavailable: They are not here and cannot be fetched.
        """
        ...


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hash a file's content; hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
