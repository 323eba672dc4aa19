"""A picture whose label is known."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is searched for, or searched with.

    Attributes:
        name: Tells it from the others; its path below the folder that it comes from.
        label: Pictures of one label should find each other.
        read: Gives its bytes.
        kind: What results are told apart by; the label where it is empty.
    """

    name: str
    label: str
    read: Callable[[], bytes]
    kind: str = ""


def of_file(path: Path, name: str, label: str) -> Picture:
    """Take a file, which is read when it is needed."""
    return Picture(name, label, path.read_bytes)
