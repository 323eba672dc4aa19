"""Where images to ingest come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol


class Candidate(Protocol):
    """Something that should be an image."""

    @property
    def source(self) -> str:
        """Where it comes from, as its metadata will say."""

    @property
    def label(self) -> str | None:
        """What it shows, where that is known."""

    def digest(self) -> tuple[str, int]:
        """Give the SHA-256 in hexadecimal, and the length in bytes; called in a thread.

        Raises:
            OSError: It cannot be read.
        """

    def read(self) -> bytes:
        """Give the bytes to upload; called in a thread.

        Raises:
            OSError: It cannot be read.
        """


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or folder that is left alone on purpose."""

    why: Literal["hidden", "links", "other types"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that cannot be looked into."""

    source: str
    reason: str


Finding = Candidate | PassedOver | Unreadable


class Source(Protocol):
    """A collection of candidates, larger than memory; it is called in threads."""

    def count(self) -> int:
        """Count the candidates."""

    def findings(self) -> Iterator[Finding]:
        """Go through all there is, in an order that is always the same."""
