"""The indexes of all collections in Qdrant: how they are named, made, found and removed.

A collection of the store has a name, an alias in Qdrant; each collection of Qdrant that is made for it is an edition:
the name, a number, and letters that no other edition has, so that nobody takes one for another that was lost. The alias
is moved to an edition once that is whole: this is the moment at which an index takes the place of another. A service
that sees another one fill an edition leaves it that; where two do not see each other in time, the later one stays.
What a service itself could not finish, because Qdrant was gone, it does not wait for: it makes another one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from qdrant_client import models

from services.search.indexes.learning import Learning
from services.search.indexes.qdrant.address import Address
from services.search.indexes.qdrant.connection import Connection, Missing
from services.search.indexes.qdrant.edition import Edition, forget_removals, read_mark
from services.search.indexes.qdrant.index import QdrantIndex
from services.search.indexes.qdrant.options import Options
from services.search.ports import Matrix, SharedIndex
from shared.contracts.collections import ProjectionKind
from shared.contracts.embedding import SpaceRef
from shared.errors import TryAgain

_PREFIX = "lookalike."
_ABANDONED_SECONDS = 60.0
"""An edition that is being filled and does not change for so long has lost its maker."""
_RETIRED_SECONDS = 60.0
"""An edition that was replaced stays for so long: other services use it until they have seen the new one."""
_FORGETTING_SECONDS = 3600.0
_BUSY = "Another service is building the index."


@dataclass(slots=True)
class _Seen:
    """What a service saw of a collection of Qdrant, and since when it is so, on its own clock."""

    state: object
    since: float


class QdrantIndexes:
    """Implements `SharedIndexes`.

    Args:
        address: Of Qdrant.
        options: How collections of Qdrant are made and searched.
        learning: What is learned of collections.
        timeout: Deadline of one call, in seconds.
        clock: Tells seconds.
    """

    def __init__(
        self,
        address: Address,
        options: Options,
        learning: Learning,
        timeout: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = Connection(address, timeout)
        self._options = options
        self._learning = learning
        self._clock = clock
        self._current: dict[str, str] = {}
        self._seen: dict[str, _Seen] = {}
        self._given_up: set[str] = set()
        self._forgotten_at = clock()

    def sample_size(self, space: SpaceRef, images: int, projection: ProjectionKind | None = None) -> int:
        return self._learning.sample_size(space, images, projection)

    def find(
        self, name: str, space: SpaceRef, projection: ProjectionKind | None = None, *, by_any_settings: bool = False
    ) -> QdrantIndex | None:
        current = self._aliases().get(name)
        if current is None:
            return None
        edition = Edition.open(self._connection, current)
        if edition is None or edition.space != space:
            return None
        if not by_any_settings and edition.description != self._learning.description(projection):
            return None
        self._current[name] = current
        index = self._index(name, edition, projection)
        index.refresh()
        return index

    def begin(
        self, name: str, space: SpaceRef, sample: Matrix, images: int, projection: ProjectionKind | None = None
    ) -> QdrantIndex:
        last = current = _number(self._aliases().get(name))
        for other in self._editions(name):
            if _number(other) > current:
                self._wait_or_drop(other)
                last = max(last, _number(other))
        learned = self._learning.learn(space, sample, images, projection)
        description = self._learning.description(projection)
        new = f"{_PREFIX}{name}.{last + 1}-{uuid4().hex[:12]}"
        self._given_up.add(new)  # unless it is made
        edition = Edition.create(self._connection, new, learned, description, space, self._options)
        if new > min(self._rivals(name, last + 1), default=new):
            self._remove(new)
            raise TryAgain(_BUSY)
        self._given_up.remove(new)
        return self._index(name, edition, projection)

    def publish(self, index: SharedIndex, revision: int) -> None:
        assert isinstance(index, QdrantIndex), "it was made here"
        index.publish(revision)
        alias = models.CreateAlias(collection_name=index.edition.name, alias_name=_PREFIX + index.name)
        moved = [models.CreateAliasOperation(create_alias=alias)]
        self._connection.ask(lambda client: client.update_collection_aliases(moved))
        self._current[index.name] = index.edition.name

    def abandon(self, index: SharedIndex) -> None:
        assert isinstance(index, QdrantIndex), "it was made here"
        self._given_up.add(index.edition.name)
        self._remove(index.edition.name)

    def look_around(self) -> set[str]:
        self._current = self._aliases()
        every = self._every()
        self._seen = {key: seen for key, seen in self._seen.items() if key in every}
        for name, current in self._current.items():
            if self._unchanged(current, "current") >= _RETIRED_SECONDS:
                for edition in self._editions(name):
                    if edition != current and _number(edition) <= _number(current):
                        self._remove(edition)
        self._forget()
        return {collection.rpartition(".")[0].removeprefix(_PREFIX) for collection in every}

    def drop(self, name: str) -> None:
        for edition in self._editions(name):
            self._remove(edition)

    def close(self) -> None:
        self._connection.close()

    def _index(self, name: str, edition: Edition, projection: ProjectionKind | None) -> QdrantIndex:
        # When one of other settings is out of date is for those to say who have them.
        own = edition.description == self._learning.description(projection)
        outgrown_at = self._learning.outgrown_at(edition.projection, projection) if own else None

        def replaced() -> bool:
            return self._current.get(name) != edition.name

        return QdrantIndex(edition, self._options, name, replaced, outgrown_at)

    def _aliases(self) -> dict[str, str]:
        """Give the current edition of each name."""
        found = self._connection.ask(lambda client: client.get_aliases()).aliases
        ours = [alias for alias in found if alias.alias_name.startswith(_PREFIX)]
        return {alias.alias_name.removeprefix(_PREFIX): alias.collection_name for alias in ours}

    def _every(self) -> set[str]:
        found = self._connection.ask(lambda client: client.get_collections()).collections
        return {collection.name for collection in found if collection.name.startswith(_PREFIX)}

    def _editions(self, name: str) -> list[str]:
        beginning = f"{_PREFIX}{name}."
        return [collection for collection in self._every() if collection.startswith(beginning)]

    def _rivals(self, name: str, number: int) -> list[str]:
        return [edition for edition in self._editions(name) if _number(edition) == number]

    def _wait_or_drop(self, edition: str) -> None:
        """Leave an edition to the service that fills it, unless that has gone."""
        try:
            mark = read_mark(self._connection, edition)
        except Missing:
            return
        if edition not in self._given_up and self._unchanged(edition, mark) < _ABANDONED_SECONDS:
            raise TryAgain(_BUSY)
        self._remove(edition)

    def _unchanged(self, what: str, state: object) -> float:
        """Tell for how many seconds this service has seen something in this state."""
        if what not in self._seen or self._seen[what].state != state:
            self._seen[what] = _Seen(state, self._clock())
        return self._clock() - self._seen[what].since

    def _forget(self) -> None:
        if self._clock() - self._forgotten_at >= _FORGETTING_SECONDS:
            self._forgotten_at = self._clock()
            for current in self._current.values():
                forget_removals(self._connection, current)

    def _remove(self, collection: str) -> None:
        self._connection.ask(lambda client: client.delete_collection(collection))
        self._given_up.discard(collection)


def _number(edition: str | None) -> int:
    return 0 if edition is None else int(edition.rpartition(".")[2].partition("-")[0])
