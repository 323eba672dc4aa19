"""The port for what people have decided about near-duplicates; each store has an adapter."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol

from shared.contracts.duplicates import Decision, StoredDecision

MAX_DECISIONS = 100_000
"""Decisions that one collection may have."""


class Decisions(Protocol):
    """Decisions by collection. What a method has written is durable when it returns.

    Every method may raise `TryAgain` where the store is unreachable or busy.
    """

    async def put(self, collection: str, decision: StoredDecision) -> None:
        """Remember a decision, in the place of one that has its id.

        Raises:
            LimitReached: The collection has `MAX_DECISIONS` already, or the store is full.
        """

    async def remove(self, collection: str, decision_id: str) -> bool:
        """Forget a decision, and tell whether there was one."""

    async def page(self, collection: str, after: str, limit: int) -> Sequence[StoredDecision]:
        """Read up to `limit` decisions in the order of their ids, from the first that is larger than `after`."""

    async def about(self, collection: str, image_ids: Collection[str]) -> Sequence[StoredDecision]:
        """Read the decisions that name one of these images at least, in the order of their ids."""


def stored(decision: Decision) -> StoredDecision:
    """Give a decision its id, which depends on the images alone, and the moment."""
    ids = tuple(sorted(decision.ids))
    digest = hashlib.sha256("/".join(ids).encode()).hexdigest()[:32]
    return StoredDecision(
        id=digest, ids=ids, verdict=decision.verdict, keep=decision.keep, decided_at=datetime.now(UTC)
    )
