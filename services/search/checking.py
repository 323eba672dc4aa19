"""The use case behind every check: does the index have what the store has?"""

from collections.abc import Collection, Mapping

import numpy as np
from anyio import CapacityLimiter, to_thread

from services.search.follower import Follower
from services.search.ports import Change, ImageStore, Vector
from services.search.shelves import Shelf
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.checks import FaultKind, ImageVector, IndexCheck, IndexFault, VectorsResponse
from shared.contracts.embedding import SpaceRef
from shared.errors import NotFound

_ATTEMPTS = 5
_TOLERANCE = 1e-3
"""How much the length of a unit vector, and the index's form of a vector, may be off by rounding, relatively."""


class Checks:
    """Reads vectors back from the store, and compares them with the index, while writes may go on.

    Args:
        store: Has the vectors.
        follower: Has the indexes.
        revision_wait_seconds: How long the index may take to apply what the store shows.
    """

    def __init__(self, store: ImageStore, follower: Follower, revision_wait_seconds: float) -> None:
        self._store = store
        self._follower = follower
        self._revision_wait = revision_wait_seconds
        self._thread = CapacityLimiter(1)

    async def vectors(self, collection: str, image_ids: Collection[str]) -> VectorsResponse:
        """Read the vectors of those ids that exist."""
        changes = (await self._store.last_changes(collection, image_ids)).values()
        return VectorsResponse(
            vectors=tuple(
                ImageVector(
                    id=change.image_id, revision=change.revision, vector=change.entry.vector.astype("<f4").tobytes()
                )
                for change in changes
                if change.entry is not None
            )
        )

    async def page(self, collection: str, after: str | None, limit: int) -> IndexCheck:
        """Compare up to `limit` ids of the store and of the index, in their order, from the first larger than `after`.

        A fault counts where the store shows the same write before and after the look at the index, which had applied
        it. Else the image was written meanwhile, and is looked at again.

        Raises:
            NotFound: There is no such collection.
            RevisionNotReached: The index does not come up to what the store shows.
        """
        ids, next_after = await self._ids(collection, after or "", limit)
        suspects: Collection[str] = ids
        faults: dict[str, IndexFault] = {}
        for _ in range(_ATTEMPTS):
            if not suspects:
                break
            before = await self._store.last_changes(collection, suspects)
            found = await self._compare(collection, suspects, before)
            now = await self._store.last_changes(collection, found) if found else {}
            at_rest = {key for key in found if _revision(before, key) == _revision(now, key)}
            faults |= {key: found[key] for key in at_rest}
            suspects = found.keys() - at_rest
        return IndexCheck(checked=len(ids), faults=tuple(faults[key] for key in sorted(faults)), next_after=next_after)

    async def _ids(self, collection: str, after: str, limit: int) -> tuple[list[str], str | None]:
        """Give the ids of a page, and the last of them where others follow."""
        shelf = await self._shelf(collection)
        if shelf is None:
            return [], None
        stored = [record.id for record in await self._store.page(collection, after, limit + 1)]
        indexed = await to_thread.run_sync(shelf.index.ids, after, limit + 1, limiter=self._thread)
        every = sorted({*stored, *indexed})
        return every[:limit], every[limit - 1] if len(every) > limit else None

    async def _compare(
        self, collection: str, ids: Collection[str], changes: Mapping[str, Change]
    ) -> dict[str, IndexFault]:
        """Compare with an index that has applied these changes, and all that the store had acknowledged."""
        latest = max((change.revision for change in changes.values()), default=0)
        await self._follower.wait_for(latest, self._revision_wait)
        shelf = await self._shelf(collection)
        if shelf is None:
            return {}
        return await to_thread.run_sync(_compare, shelf, ids, changes, limiter=self._thread)

    async def _shelf(self, collection: str) -> Shelf | None:
        await self._follower.catch_up()
        shelf = self._follower.find(collection)
        if shelf is None and collection not in {DEFAULT_COLLECTION, *self._follower.directory.keys}:
            raise NotFound(f"There is no collection {collection}.")
        return shelf


def _compare(shelf: Shelf, ids: Collection[str], changes: Mapping[str, Change]) -> dict[str, IndexFault]:
    stored = {key: change.entry.vector for key, change in changes.items() if change.entry is not None}
    faults = {
        key: _fault(key, "malformed", why)
        for key, vector in stored.items()
        if (why := _malformed(vector, changes[key].space, shelf.space))
    }
    # An id without a vector to compare is asked for with any, to see whether the index has it.
    nothing = np.zeros(shelf.space.dimensions, np.float32)
    distances = shelf.index.distances({key: nothing if key in faults else stored.get(key, nothing) for key in ids})
    for key in ids:
        if key not in stored:
            if key in distances:
                faults[key] = _fault(key, "extra", "The index has the image, the store has not.")
        elif key not in distances:
            faults[key] = _fault(key, "missing", "The store has the image, the index has not.")
        elif key not in faults and not distances[key] <= _TOLERANCE * max(1, _length(stored[key])):
            why = f"The vector in the index is {distances[key]:.4g} away from the one in the store."
            faults[key] = _fault(key, "differs", why)
    return faults


def _malformed(vector: Vector, of: SpaceRef, space: SpaceRef) -> str | None:
    if of != space:
        return f"The vector is of the space {of.fingerprint}, the collection of {space.fingerprint}."
    if len(vector) != space.dimensions:
        return f"The vector has {len(vector)} dimensions, its space {space.dimensions}."
    if not np.isfinite(vector).all():
        return "The vector has values that are not finite numbers."
    if space.metric == "cosine" and abs(_length(vector) - 1) > _TOLERANCE:
        return f"The vector has the length {_length(vector):.4g} in place of 1."
    return None


def _length(vector: Vector) -> float:
    return float(np.linalg.norm(vector.astype(np.float64)))


def _fault(image_id: str, kind: FaultKind, detail: str) -> IndexFault:
    return IndexFault(id=image_id, kind=kind, detail=detail)


def _revision(changes: Mapping[str, Change], key: str) -> int | None:
    return changes[key].revision if key in changes else None
