"""The images' documents: written on conditions that make the order of writers harmless, and read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bson import Int64
from pymongo.errors import DuplicateKeyError

from services.search.ports import Change, Entry, Vector
from services.search.stores.mongo import documents
from services.search.stores.mongo.database import Database, Document, update_one
from services.search.stores.mongo.schema import LEDGER
from shared.contracts.search import Amendment, ImageRecord

_BASE: Document = {"$ifNull": ["$base", "$seq"]}
_ALIVE: Document = {"$eq": ["$deleted", False]}
_FORMER = {"seq": 1, "deleted": 1, "created_at": 1, "sha256": 1, "thumbnail": 1, "replaced": 1}

_OF_CHANGE = dict.fromkeys(("seq", "collection", "space", "deleted", *documents.OF_ENTRY), 1)
_READ_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Former:
    """What a write has found in its place; `files` are the digests that its image no longer has."""

    existed: bool
    created_at: Int64 | None
    files: frozenset[str]


Missed = Literal["overtaken", "outrun", "fenced", "gone", "moved"]
"""Why a write was not done: a later one was faster; a later one was that did not know of it, so it has to come again;
it was given up by others; there is nothing to delete; or the collection is not the one any more that the write was
begun for."""


class Images:
    """The collection `images`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._images = database.images

    async def write(self, image: Document) -> Former | Missed:
        """Write an image's document whole, if no later write and no fence is there."""
        needed = [image["sha256"], image["thumbnail"]]
        changed = {
            "created_at": {"$cond": [_ALIVE, "$created_at", image["created_at"]]},
            "replaced": _replaced(needed),
        }
        try:
            before = await update_one(
                self._images,
                _not_passed(image["_id"], image["seq"]),
                [{"$replaceWith": {"$mergeObjects": [{"$literal": image}, changed]}}],
                projection=_FORMER,
                upsert=True,
            )
        except DuplicateKeyError:
            return await self._missed(image["_id"], image["seq"])
        return _former(before, needed)

    async def entomb(self, collection: str, image_id: str, seq: int, of: int | None = None) -> Former | Missed:
        """Put a tombstone in the place of an image, under the same conditions; or in that of the write `of` alone."""
        key = documents.key(collection, image_id)
        tombstone = {"_id": key, "collection": collection, "id": image_id, "seq": Int64(seq), "deleted": True}
        tombstone["updated_at"] = documents.microseconds(datetime.now(UTC))
        kept: Document = {"space": "$space", "replaced": _replaced([])}
        wanted = {**_not_passed(key, seq), "deleted": False}
        if of is not None:
            wanted["seq"], kept["base"] = Int64(of), _BASE
        before = await update_one(
            self._images,
            wanted,
            [{"$replaceWith": {"$mergeObjects": [{"$literal": tombstone}, kept]}}],
            projection=_FORMER,
        )
        return await self._missed(key, seq) if before is None else _former(before, [])

    async def amend(self, key: str, seq: int, amendment: Amendment) -> Document | Missed:
        """Change label and metadata of the write that the amendment is based on, and give the image as it is then."""
        changes = {
            "seq": Int64(seq),
            "label": {"$literal": amendment.label},
            "metadata": {"$literal": documents.written_facts(amendment.metadata)},
            "updated_at": documents.microseconds(datetime.now(UTC)),
            "base": _BASE,
        }
        wanted = {**_not_passed(key, seq), "seq": Int64(amendment.revision), "deleted": False}
        amended = await update_one(
            self._images, wanted, [{"$set": changes}], projection=documents.WITHOUT_VECTOR, after=True
        )
        return await self._missed(key, seq) if amended is None else amended

    async def fence(self, key: str, seq: int) -> None:
        """See to it that the write of this number is done by now, or never will be."""
        collection, _, image_id = key.partition("/")
        nothing = {"collection": collection, "id": image_id, "seq": Int64(0), "deleted": True}
        try:
            await self._images.update_one(
                {"_id": key, "seq": {"$lt": Int64(seq)}},
                {"$max": {"fence": Int64(seq)}, "$setOnInsert": nothing},
                upsert=True,
            )
        except DuplicateKeyError:
            return

    async def exists(self, key: str) -> bool:
        """Tell whether there is an image."""
        return await self._images.find_one({"_id": key, "deleted": False}, {"_id": 1}) is not None

    async def is_at(self, key: str, seq: int) -> bool:
        """Tell whether an image is as the write of this number made it."""
        written = {"_id": key, "seq": Int64(seq), "deleted": False}
        return await self._database.newest(self._images).find_one(written, {"_id": 1}) is not None

    async def uses(self, sha256: str) -> bool:
        """Tell whether some image has these bytes, or has them as its thumbnail."""
        alive = {"deleted": False}
        needed = {"$or": [{"sha256": sha256, **alive}, {"thumbnail": sha256, **alive}]}
        return await self._database.newest(self._images).find_one(needed, {"_id": 1}) is not None

    async def bury(self, collection: str, limit: int) -> list[Document]:
        """Entomb up to `limit` images of a dropped collection, and give their former files, as `with_replaced` does.

        Nobody follows these images any more, so no numbers are drawn. Tombstones are among what is found.
        """
        # The order of the keys is the index: "0" is the sign after "/".
        of_collection = {"_id": {"$gte": f"{collection}/", "$lt": f"{collection}0"}}
        left = {**of_collection, "$or": [{"deleted": False}, {"fence": {"$exists": False}}]}
        found = await self._images.find(left, {"_id": 1}).limit(limit).to_list(None)
        keys = {"_id": {"$in": [document["_id"] for document in found]}}
        tombstone = {field: f"${field}" for field in ("_id", "collection", "id", "seq", "space", "updated_at", "fence")}
        await self._images.update_many(
            {**keys, "deleted": False},
            [{"$replaceWith": {**tombstone, "deleted": True, "replaced": _replaced([])}}],
        )
        return await self._images.find(keys, {"seq": 1, "replaced": 1}).to_list(None)

    async def erase(self, keys: Collection[str]) -> None:
        """Drop tombstones whose files are settled; those with a fence stay, since they keep a late writer out."""
        settled = {"fence": {"$exists": False}, "replaced": {"$exists": False}}
        await self._images.delete_many({"_id": {"$in": list(keys)}, "deleted": True, **settled})

    async def with_replaced(self) -> list[Document]:
        """Find documents whose former files were not looked after yet: as many as writers have died."""
        return await self._images.find({"replaced": {"$exists": True}}, {"seq": 1, "replaced": 1}).to_list(None)

    async def forget_replaced(self, key: str, seq: int) -> None:
        """Note that the former files were looked after, unless there was another write since."""
        await self._images.update_one({"_id": key, "seq": Int64(seq)}, {"$unset": {"replaced": ""}})

    async def records(self, collection: str, image_ids: Collection[str]) -> dict[str, ImageRecord]:
        keys = [documents.key(collection, image_id) for image_id in image_ids]
        found = self._images.find({"_id": {"$in": keys}, "deleted": False}, documents.WITHOUT_VECTOR)
        return {document["id"]: documents.record(document) async for document in found}

    async def page(self, collection: str, after: str, limit: int) -> list[ImageRecord]:
        wanted = {"collection": collection, "id": {"$gt": after}, "deleted": False}
        found = self._images.find(wanted, documents.WITHOUT_VECTOR).sort("id", 1).limit(limit)
        return [documents.record(document) async for document in found]

    async def known(self, collection: str, sha256: Collection[str]) -> set[str]:
        wanted = {"sha256": {"$in": list(sha256)}, "collection": collection, "deleted": False}
        return set(await self._images.distinct("sha256", wanted))

    async def thumbnail(self, collection: str, image_id: str) -> str | None:
        """Give the digest of an image's thumbnail."""
        found = await self._images.find_one(_one(collection, image_id), {"thumbnail": 1})
        return None if found is None else str(found["thumbnail"])

    async def vector(self, collection: str, image_id: str) -> Vector | None:
        found = await self._images.find_one(_one(collection, image_id), {"vector": 1})
        return None if found is None else documents.vector(found["vector"])

    async def entries(self, collection: str, after: str, limit: int) -> list[tuple[str, Entry]]:
        wanted = {"collection": collection, "id": {"$gt": after}, "deleted": False}
        found = self._images.find(wanted, documents.OF_ENTRY).sort("id", 1).limit(limit)
        return [(document["id"], documents.entry(document)) async for document in found]

    async def sample(self, collection: str, count: int) -> list[Vector]:
        # The keys are drawn first: the server would sort whole documents.
        drawn = self._images.aggregate(
            [
                {"$match": {"collection": collection, "deleted": False}},
                {"$project": {"_id": 1}},
                {"$sample": {"size": count}},
            ]
        )
        keys = [document["_id"] async for document in drawn]
        vectors = []
        for start in range(0, len(keys), _READ_AT_ONCE):
            some = {"_id": {"$in": keys[start : start + _READ_AT_ONCE]}, "deleted": False}
            vectors += [
                documents.vector(document["vector"]) async for document in self._images.find(some, {"vector": 1})
            ]
        return vectors

    async def changes(self, since: int, limit: int) -> tuple[Sequence[Change], list[Document]]:
        """Read changes up to the horizon, and the intents that are open; both as of one moment."""
        horizon = {"$subtract": [{"$ifNull": [{"$min": "$open.seq"}, {"$add": ["$last", 1]}]}, 1]}
        up_to_horizon: list[Document] = [
            {"$match": {"seq": {"$gt": Int64(since)}, "$expr": {"$lte": ["$seq", "$$horizon"]}}},
            {"$sort": {"seq": 1}},
            {"$limit": limit},
            {"$project": _OF_CHANGE},
        ]
        lookup = {"from": self._images.name, "let": {"horizon": "$horizon"}, "pipeline": up_to_horizon, "as": "change"}
        rows = await self._database.ledger.aggregate(
            [
                {"$match": {"_id": LEDGER}},
                {"$project": {"open": 1, "horizon": horizon}},
                {"$lookup": lookup},
                {"$unwind": {"path": "$change", "preserveNullAndEmptyArrays": True}},
            ]
        ).to_list(None)
        intents: list[Document] = rows[0]["open"] if rows else []
        return [documents.change(row["change"]) for row in rows if "change" in row], intents

    async def last_changes(self, collection: str, image_ids: Collection[str]) -> dict[str, Change]:
        keys = [documents.key(collection, image_id) for image_id in image_ids]
        # Number 0 is a fence where no image ever was.
        found = self._images.find({"_id": {"$in": keys}, "seq": {"$gt": Int64(0)}}, _OF_CHANGE)
        return {document["id"]: documents.change(document) async for document in found}

    async def forgettable(self, older_than: datetime, horizon: int) -> tuple[int, Document]:
        """Give the largest number of old tombstones, and what finds them all; 0 where there is none.

        One with a fence stays, since it keeps a late writer out, and so does one whose former files are not settled.
        """
        old: Document = {
            "deleted": True,
            "updated_at": {"$lt": documents.microseconds(older_than)},
            "fence": {"$exists": False},
            "replaced": {"$exists": False},
        }
        latest = self._images.find({**old, "seq": {"$lte": Int64(horizon)}}, {"seq": 1}).sort("seq", -1).limit(1)
        found = await latest.to_list(None)
        seq = int(found[0]["seq"]) if found else 0
        return seq, {**old, "seq": {"$gt": Int64(0), "$lte": Int64(seq)}}

    async def forget(self, tombstones: Document) -> int:
        """Drop what `forgettable` has found, and count it."""
        return (await self._images.delete_many(tombstones)).deleted_count

    async def counts(self) -> dict[str, int]:
        """Count the images of each collection."""
        per_collection: Document = {"_id": "$collection", "images": {"$sum": 1}}
        rows = self._database.newest(self._images).aggregate(
            [{"$match": {"deleted": False}}, {"$group": per_collection}]
        )
        return {row["_id"]: row["images"] async for row in rows}

    async def _missed(self, key: str, seq: int) -> Missed:
        there = await self._database.newest(self._images).find_one(
            {"_id": key}, {"seq": 1, "fence": 1, "deleted": 1, "base": 1}
        )
        if there is None:
            return "gone"
        if "base" in there and there["base"] < seq < there["seq"]:
            return "outrun"
        if there["seq"] < seq and there.get("fence", 0) >= seq:
            return "fenced"
        return "gone" if there["deleted"] else "overtaken"


def _one(collection: str, image_id: str) -> Document:
    return {"_id": documents.key(collection, image_id), "deleted": False}


def _not_passed(key: str, seq: int) -> Document:
    return {"_id": key, "seq": {"$lt": Int64(seq)}, "fence": {"$not": {"$gte": Int64(seq)}}}


def _replaced(needed: list[str]) -> Document:
    # What earlier writers have left undone is taken over, and an empty list left out.
    files = {"$setUnion": [{"$ifNull": ["$replaced", []]}, {"$cond": [_ALIVE, ["$sha256", "$thumbnail"], []]}]}
    return {
        "$let": {
            "vars": {"files": {"$setDifference": [files, needed]}},
            "in": {"$cond": [{"$eq": ["$$files", []]}, "$$REMOVE", "$$files"]},
        }
    }


def _former(before: Document | None, needed: list[str]) -> Former:
    if before is None:
        return Former(existed=False, created_at=None, files=frozenset())
    existed = not before["deleted"]
    files = {*before.get("replaced", ()), *((before["sha256"], before["thumbnail"]) if existed else ())}
    return Former(existed, before["created_at"] if existed else None, frozenset(files.difference(needed)))
