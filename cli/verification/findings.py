"""What a verification has found."""

from dataclasses import dataclass, field
from typing import Literal

from cli.console import printable

Kind = Literal["bytes", "thumbnail", "vector", "index", "source"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not match."""

    kind: Kind
    collection: str
    image: str | None
    """Id of the image; None where a source has none."""
    detail: str
    """One sentence."""
    where: str | None = None
    """Of an index, the service that has it; of a source, its name."""

    def line(self) -> str:
        """Tell it in one line."""
        name = self.collection if self.image is None else f"{self.collection}/{self.image}"
        where = f" ({self.where})" if self.where else ""
        return printable(f"{name}: {self.kind}{where}: {self.detail}")


@dataclass(slots=True)
class Findings:
    """Counts and faults; they grow while the verification runs."""

    total: int = 0
    """Images that were there when it began."""
    images: int = 0
    """Images that were read back."""
    compared: bool = False
    """Whether there are sources to compare with."""
    sources: int = 0
    """Images that were compared with their source."""
    duplicates: int = 0
    """Sources without an image of their own, since another source has the same bytes."""
    faults: dict[Fault, None] = field(default_factory=dict)
    """In the order in which they were found; what several services say alike of one vector counts once."""

    def add(self, *faults: Fault) -> None:
        """Keep faults."""
        self.faults.update(dict.fromkeys(faults))
