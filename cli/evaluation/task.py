"""What is searched with, what is searched in, and what counts as found."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cli.evaluation.picture import Picture
from cli.failures import CommandFailed

Protocol = Literal["original", "leave-one-out", "lists", "groups", "copies"]


@dataclass(frozen=True, slots=True)
class Task:
    """A gallery and queries; a picture of the gallery is relevant for a query of the same label.

    Attributes:
        source: Where the pictures come from, in a word.
        protocol: How they were divided.
        gallery: What is searched in.
        queries: What is searched with.
        places: Where the queries are in the gallery themselves, their places there: a query does not find itself.
    """

    source: str
    protocol: Protocol
    gallery: Sequence[Picture]
    queries: Sequence[Picture]
    places: Sequence[int] | None = None

    @property
    def pictures(self) -> list[Picture]:
        """All pictures that need a vector, the gallery's first; each once."""
        return [*self.gallery] if self.places is not None else [*self.gallery, *self.queries]

    def without(self, refused: frozenset[str]) -> "Task":
        """Leave out pictures of these names, which have no vector."""
        if not refused:
            return self
        gallery = [picture for picture in self.gallery if picture.name not in refused]
        queries = [picture for picture in self.queries if picture.name not in refused]
        if self.places is None:
            return replace(self, gallery=gallery, queries=queries)
        place_of = {picture.name: place for place, picture in enumerate(gallery)}
        return replace(self, gallery=gallery, queries=queries, places=[place_of[picture.name] for picture in queries])

    def limited(self, most: int) -> "Task":
        """Keep a seeded draw of `most` queries where there are more."""
        if len(self.queries) <= most:
            return self
        kept = sorted(random.Random(0).sample(range(len(self.queries)), most))  # noqa: S311 - nothing secret
        places = None if self.places is None else [self.places[number] for number in kept]
        return replace(self, queries=[self.queries[number] for number in kept], places=places)


def leave_one_out(source: str, pictures: Sequence[Picture], protocol: Protocol = "leave-one-out") -> Task:
    """Search with every picture among all the others; those that are alone with their label are only found.

    Raises:
        CommandFailed: No two pictures share a label.
    """
    counts = Counter(picture.label for picture in pictures)
    places = [place for place, picture in enumerate(pictures) if counts[picture.label] > 1]
    if not places:
        raise CommandFailed(
            "No two pictures share a label, so nothing can be found.", "Give each label a folder of two or more."
        )
    return Task(source, protocol, pictures, [pictures[place] for place in places], places)
