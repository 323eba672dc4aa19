"""The use case behind removing all images of a filter: first seen, then removed, slice by slice."""

import time

from shared.clients.search import SearchClient
from shared.contracts.filters import Filter
from shared.contracts.gateway import RemovedImages
from shared.contracts.selection import RemoveRequest
from shared.errors import Conflict

_SECONDS = 10
"""Then the answer is given, whether all are removed or not: it has to come before its client gives up."""


class Removals:
    """Removes what a filter admits, a few images at a time, so that other requests go on meanwhile.

    Each slice is durable before the next one begins. Where a request is broken off, some images are gone and others
    are whole; it can be made again.
    """

    def __init__(self, search: SearchClient) -> None:
        self._search = search

    async def survey(self, collection: str, wanted: Filter) -> RemovedImages:
        """Tell what a removal would find, and remove nothing."""
        there = await self._search.survey(collection, wanted)
        return RemovedImages(
            dry_run=True, matching=there.count, ids=there.ids, removed=0, remaining=there.count, revision=there.revision
        )

    async def remove(self, collection: str, wanted: Filter, expected: int | None) -> RemovedImages:
        """Remove the images that are there now; those that are written meanwhile stay.

        Args:
            collection: The collection that is meant.
            wanted: Which images.
            expected: How many there should be; None: any number.

        Raises:
            Conflict: There are more or fewer than expected; nothing is removed.
        """
        there = await self._search.survey(collection, wanted)
        if expected not in (None, there.count):
            raise Conflict(f"The filter admits {there.count} images, and {expected} were expected.")
        until = time.monotonic() + _SECONDS
        removed, revision, after = 0, there.revision, None
        while True:
            request = RemoveRequest(filter=wanted, revision=there.revision, after=after)
            slice_ = await self._search.remove(collection, request)
            removed, revision, after = removed + slice_.count, max(revision, slice_.revision), slice_.next_after
            if after is None or time.monotonic() > until:
                break
        remaining = 0 if after is None else (await self._search.survey(collection, wanted)).count
        return RemovedImages(
            dry_run=False,
            matching=there.count,
            ids=there.ids,
            removed=removed,
            remaining=remaining,
            revision=revision,
        )
