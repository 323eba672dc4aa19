"""The use cases about near-duplicates: groups of images that look the same, and what was decided about them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from services.search.follower import Follower
from services.search.grouping import Grouping, Report
from services.search.ports import Group, ImageStore
from services.search.ports.decisions import stored
from services.search.shelves import Shelf
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.duplicates import (
    MAX_SHOWN,
    Decision,
    DecisionPage,
    DuplicateGroup,
    DuplicateRecord,
    DuplicateReport,
    StoredDecision,
)
from shared.contracts.search import ImageRecord
from shared.errors import NotFound

_READ_AT_ONCE = 50
"""Groups whose images are looked up together."""
_PASSED_OVER = 2000
"""Groups that one answer passes over at most, because all of them are decided: then it is shorter than asked for."""


class Duplicates:
    """Shows groups as they were found, without the images that were written or removed since.

    An image follows the first one of its group, its leader. What was decided about the two, together with others or
    alone, settles its place: a group that has no more unsettled images is decided, and shown only where that is asked.

    Args:
        store: Has the records and the decisions.
        follower: Knows the collections.
        grouping: Finds the groups.
        revision_wait_seconds: How long the index may take to apply the writes that are asked for.
    """

    def __init__(self, store: ImageStore, follower: Follower, grouping: Grouping, revision_wait_seconds: float) -> None:
        self._store = store
        self._follower = follower
        self._grouping = grouping
        self._revision_wait = revision_wait_seconds

    async def page(
        self,
        collection: str,
        least_score: float,
        *,
        after: str | None,
        limit: int,
        with_decided: bool,
        min_revision: int,
    ) -> DuplicateReport:
        """Give a page of groups, from the first whose leader's id is larger than `after`.

        Raises:
            NotFound: There is no such collection.
            Overloaded: As many reports are being made as may wait.
            RevisionNotReached: The index is still behind `min_revision`.
        """
        await self._follower.wait_for(min_revision, self._revision_wait)
        shelf = await self._shelf(collection)
        if shelf is None:
            return DuplicateReport(ready=True, progress=1, revision=self._follower.revision, groups=(), next_after=None)
        report, progress = await self._grouping.report(shelf.key, least_score, min_revision)
        if report is None:
            return DuplicateReport(ready=False, progress=progress, revision=0, groups=(), next_after=None)
        start = bisect_right(report.groups, after or "", key=_leader)
        groups: list[DuplicateGroup] = []
        last = min(len(report.groups), start + max(limit, _PASSED_OVER))
        while start < last and len(groups) < limit:
            some = report.groups[start : min(start + _READ_AT_ONCE, last)]
            shown = await self._shown(collection, some, report, with_decided=with_decided)
            for seen in shown:
                start += 1
                if seen is not None:
                    groups.append(seen)
                    if len(groups) == limit:
                        break
        more = start < len(report.groups)
        return DuplicateReport(
            ready=True,
            progress=progress,
            revision=report.revision,
            groups=tuple(groups),
            next_after=_leader(report.groups[start - 1]) if more else None,
        )

    async def decide(self, collection: str, decision: Decision) -> StoredDecision:
        """Remember a decision; another one about the same images is replaced.

        Raises:
            NotFound: One of the images is not there.
            LimitReached: There are as many decisions as are admitted.
        """
        there = await self._store.records(collection, decision.ids)
        if missing := [image_id for image_id in decision.ids if image_id not in there]:
            raise NotFound(f"The collection {collection} has no image {missing[0]}.")
        remembered = stored(decision)
        await self._store.decisions.put(collection, remembered)
        return remembered

    async def revoke(self, collection: str, decision_id: str) -> None:
        """Forget a decision.

        Raises:
            NotFound: There is none.
        """
        if not await self._store.decisions.remove(collection, decision_id):
            raise NotFound(f"The collection {collection} has no decision {decision_id}.")

    async def decisions(self, collection: str, after: str | None, limit: int) -> DecisionPage:
        """Read decisions in the order of their ids, from the first that is larger than `after`."""
        found = await self._store.decisions.page(collection, after or "", limit + 1)
        more = len(found) > limit
        return DecisionPage(decisions=tuple(found[:limit]), next_after=found[limit - 1].id if more else None)

    async def _shown(
        self, collection: str, groups: Sequence[Group], report: Report, *, with_decided: bool
    ) -> list[DuplicateGroup | None]:
        """Show groups; None in the place of those that are decided, or have gone."""
        decisions = await self._store.decisions.about(collection, [_leader(group) for group in groups])
        settled = [_settled(_leader(group), decisions) for group in groups]
        open_ids = [
            [key for key in group.ids if with_decided or key not in done]
            for group, done in zip(groups, settled, strict=True)
        ]
        ids = [key for kept in open_ids for key in kept[:MAX_SHOWN]]
        records = await self._store.records(collection, ids)
        there = {key: record for key, record in records.items() if record.revision <= report.revision}
        return [
            _group(group, kept, there, [one for one in decisions if _leader(group) in one.ids] if with_decided else [])
            for group, kept in zip(groups, open_ids, strict=True)
        ]

    async def _shelf(self, collection: str) -> Shelf | None:
        if self._follower.find(collection) is None:
            await self._follower.catch_up()
        shelf = self._follower.find(collection)
        if shelf is None and collection not in {DEFAULT_COLLECTION, *self._follower.directory.keys}:
            raise NotFound(f"There is no collection {collection}.")
        return shelf


def _leader(group: Group) -> str:
    return group.ids[0]


def _settled(leader: str, decisions: Sequence[StoredDecision]) -> frozenset[str]:
    """Give the images about which was decided together with their leader, without itself."""
    return frozenset(key for one in decisions if leader in one.ids for key in one.ids) - {leader}


def _group(
    group: Group, ids: Sequence[str], records: Mapping[str, ImageRecord], decisions: Sequence[StoredDecision]
) -> DuplicateGroup | None:
    scores = dict(zip(group.ids, group.scores, strict=True))
    images = tuple(DuplicateRecord(record=records[key], score=scores[key]) for key in ids[:MAX_SHOWN] if key in records)
    if len(images) < 2 or images[0].record.id != _leader(group):
        return None
    gone = min(len(ids), MAX_SHOWN) - len(images)
    return DuplicateGroup(size=len(ids) - gone, images=images, decisions=tuple(decisions))
