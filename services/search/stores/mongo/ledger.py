"""The one document that gives out the sequence's numbers, and knows which writes are under way."""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from bson import Int64

from services.search.ports import StoreLimits
from services.search.stores.mongo.database import Database, Document, update_one
from services.search.stores.mongo.images import Images
from services.search.stores.mongo.schema import LEDGER
from shared.errors import LimitReached

_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.1
_IT: Document = {"_id": LEDGER}


@dataclass(frozen=True, slots=True)
class Intent:
    """A number of the sequence that was drawn for a write of the image with this key."""

    seq: int
    key: str


class Ledger:
    """Opens and closes intents, and resolves those that others have left open for longer than the lease.

    Args:
        database: Where the ledger is.
        images: What intents are about.
        limits: What is admitted.
        lease: Seconds; counted by this process from when it sees an intent for the first time.
    """

    def __init__(self, database: Database, images: Images, limits: StoreLimits, lease: float) -> None:
        self._database = database
        self._ledger = database.ledger
        self._images = images
        self._limits = limits
        self._lease = lease
        self._seen_since: dict[int, float] = {}

    async def identity(self) -> str:
        """Give the name that the database got when it was made."""
        ledger = await self._ledger.find_one(_IT, {"identity": 1})
        assert ledger is not None, "the store makes it when it is opened"
        return str(ledger["identity"])

    async def begin(self, key: str, files: Iterable[str] = (), *, adds: bool = False) -> Intent:
        """Draw a number for a write of the image with this key, that needs these files and may add it.

        Raises:
            LimitReached: There are as many images as the limits admit.
        """
        intent = {"seq": "$last", "key": {"$literal": key}, "files": {"$literal": list(files)}, "adds": adds}
        ledger = await update_one(
            self._ledger,
            self._with_room(key) if adds else _IT,
            [
                {"$set": {"last": {"$add": ["$last", Int64(1)]}}},
                {"$set": {"open": {"$concatArrays": ["$open", [intent]]}}},
            ],
            projection={"last": 1},
            after=True,
        )
        if ledger is None:
            raise self._full()
        return Intent(int(ledger["last"]), key)

    async def end(self, intent: Intent, collection: str, added: int) -> int:
        """Close an intent whose write is done, count what it added to the collection's key, and give the horizon."""
        ledger = await update_one(
            self._ledger,
            {**_IT, "open.seq": Int64(intent.seq)},
            {
                "$pull": {"open": {"seq": Int64(intent.seq)}},
                "$inc": {"total": Int64(added), f"images.{collection}": Int64(added)},
            },
            projection={"last": 1, "open": 1},
            after=True,
        )
        return await self.horizon() if ledger is None else _horizon(ledger)

    async def require_room(self) -> None:
        """Refuse an image where there is room for none; where there is, `begin` may refuse it all the same.

        Raises:
            LimitReached: There are as many images as the limits admit.
        """
        ledger = await self._ledger.find_one(_IT, {"total": 1})
        if ledger is not None and ledger["total"] >= self._limits.images:
            raise self._full()

    async def announce(self, version: int) -> tuple[int, int]:
        """Draw a number for a change that made the directory be of this version, and give it with the horizon.

        The directory is read whole by whoever comes to this number, so no intent is needed: the change may be seen
        earlier, but never later. Where another writer has announced this version or a later one, its number counts.
        """
        ledger = await update_one(
            self._ledger,
            {**_IT, "directory": {"$lt": Int64(version)}},
            {"$inc": {"last": Int64(1)}, "$set": {"directory": Int64(version)}},
            projection={"last": 1, "open": 1},
            after=True,
        )
        if ledger is None:
            ledger = await self._ledger.find_one(_IT, {"last": 1, "open": 1})
            assert ledger is not None, "opening the store makes it"
        return int(ledger["last"]), _horizon(ledger)

    async def announced(self) -> int:
        """Give the last version of the directory that was announced."""
        ledger = await self._ledger.find_one(_IT, {"directory": 1})
        return 0 if ledger is None else int(ledger["directory"])

    async def writes_to(self, collection: str) -> bool:
        """Tell whether a write into the collection with this key is under way."""
        there = {**_IT, "open.key": {"$regex": f"^{re.escape(collection)}/"}}
        return await self._database.newest(self._ledger).find_one(there, {"_id": 1}) is not None

    async def discount(self, collection: str) -> None:
        """Count the images of the collection with this key no longer."""
        counted = f"images.{collection}"
        await self._ledger.update_one(
            _IT,
            [
                {"$set": {"total": {"$subtract": ["$total", {"$ifNull": [f"${counted}", Int64(0)]}]}}},
                {"$unset": counted},
            ],
        )

    async def wait_for(self, seq: int, horizon: int) -> None:
        """Wait until the horizon, which was this one just now, has come to `seq`."""
        pause = _FIRST_PAUSE_SECONDS
        while horizon < seq:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            horizon = await self.horizon()

    async def give_up(self, intent: Intent) -> None:
        """Close an intent of whose write nobody knows whether it was done: from now on that is settled."""
        await self._images.fence(intent.key, intent.seq)
        await self._ledger.update_one(
            {**_IT, "open.seq": Int64(intent.seq)},
            {"$pull": {"open": {"seq": Int64(intent.seq)}}, "$set": {"recount": True}},
        )

    async def horizon(self) -> int:
        """Give the number up to which all writes are visible, or never will be."""
        ledger = await self._ledger.find_one(_IT, {"last": 1, "open": 1})
        assert ledger is not None, "opening the store makes it"
        await self.resolve_expired(ledger["open"])
        return _horizon(ledger)

    async def resolve_expired(self, intents: Iterable[Document]) -> None:
        """Give up those of the open intents that were open too long."""
        now = time.monotonic()
        seen = {
            Intent(int(intent["seq"]), intent["key"]): self._seen_since.get(intent["seq"], now) for intent in intents
        }
        self._seen_since = {intent.seq: since for intent, since in seen.items()}
        for intent, since in seen.items():
            if now - since > self._lease:
                await self.give_up(intent)

    async def forgotten(self) -> int:
        """Give the largest number whose tombstone was dropped."""
        ledger = await self._ledger.find_one(_IT, {"forgotten": 1})
        return 0 if ledger is None else int(ledger.get("forgotten", 0))

    async def forget(self, seq: int) -> None:
        """Note that tombstones up to this number are about to be dropped: before they are, so that nobody is misled."""
        await self._ledger.update_one(_IT, {"$max": {"forgotten": Int64(seq)}})

    async def needs(self, sha256: str) -> bool:
        """Tell whether a write that is under way is about to need these bytes."""
        naming = {**_IT, "open.files": sha256}
        return await self._database.newest(self._ledger).find_one(naming, {"_id": 1}) is not None

    async def counts(self) -> dict[str, int]:
        """Give the number of images by the keys of the collections."""
        ledger = await self._ledger.find_one(_IT, {"images": 1})
        return {} if ledger is None else {name: int(images) for name, images in ledger["images"].items()}

    async def recount(self) -> None:
        """Count the images anew where that is needed, and nothing is written meanwhile."""
        ledger = await self._ledger.find_one({**_IT, "recount": True, "open": []}, {"last": 1})
        if ledger is None:
            return
        counted = await self._images.counts()
        counts = {key: Int64(images) for key, images in counted.items()}
        await self._ledger.update_one(
            {**_IT, "last": ledger["last"], "open": []},
            {"$set": {"images": counts, "total": Int64(sum(counts.values()))}, "$unset": {"recount": ""}},
        )

    def _full(self) -> LimitReached:
        return LimitReached(f"There are {self._limits.images} images already, as many as are admitted.")

    def _with_room(self, key: str) -> Document:
        adding: Document = {"$filter": {"input": "$open", "cond": "$$this.adds"}}
        keys = {"$map": {"input": adding, "in": "$$this.key"}}
        being_added = {"$size": {"$setUnion": [keys, [{"$literal": key}]]}}
        return {**_IT, "$expr": {"$lte": [{"$add": ["$total", being_added]}, self._limits.images]}}


def _horizon(ledger: Document) -> int:
    return int(min((intent["seq"] - 1 for intent in ledger["open"]), default=ledger["last"]))
