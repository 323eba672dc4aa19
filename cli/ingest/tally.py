"""What an ingest has done so far."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was not added, and why."""

    source: str
    reason: str


@dataclass(slots=True)
class Tally:
    """Counts of an ingest; it changes while the ingest runs."""

    total: int | None = None
    """Candidates in the folder; None until they have been counted."""
    added: int = 0
    already_there: int = 0
    duplicates: int = 0
    """Files with the same bytes as one met before in the same folder."""
    failures: list[Failure] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """Files whose outcome is known."""
        return self.added + self.already_there + self.duplicates + len(self.failures)

    def fail(self, source: str, reason: str) -> None:
        self.failures.append(Failure(source, reason))


OnChange = Callable[[Tally], None]
