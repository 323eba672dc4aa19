"""Bytes under their digest: stored once, counted while uploads of them are open, and removed when of no use."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from bson import Int64, ObjectId
from pymongo.errors import DuplicateKeyError

from services.search.stores.mongo.database import Database, Document, update_one
from services.search.stores.mongo.documents import microseconds
from services.search.stores.mongo.images import Images
from services.search.stores.mongo.ledger import Ledger
from shared.errors import TryAgain

_PAUSE_SECONDS = 0.01
_NOT_DOOMED: Document = {"doomed": {"$exists": False}}
_THERE: Document = {"file": {"$ne": None}}
_AT_REST: Document = {"open": 0, "trash": []}
_SETTLED: Document = {"$unset": {"unsettled": ""}}
_NO_MARK: Document = {"$unset": {"mark": ""}}


class Blobs:
    """The collection `blobs`, and the files in GridFS that it names.

    A blob has `file` (None until the first upload is done), `loading` (files that are being uploaded, or were when
    their writer died), `trash` (files that never become visible any more), `size`, `open` (the open uploads), and at
    times `unsettled` (the moment of the last upload, until it is sure that some image needs the bytes), `mark` and
    `doomed` (see the package).
    """

    def __init__(self, database: Database, images: Images, ledger: Ledger) -> None:
        self._database = database
        self._blobs = database.blobs
        self._images = images
        self._ledger = ledger

    async def put(self, sha256: str, data: bytes) -> None:
        """Store bytes durably, and open an upload of them."""
        file = ObjectId()
        if await self._announce(sha256, len(data), file):
            # If one of these fails, the command may be under way still: what it leaves is removed by the sweep.
            await self._database.upload(file, sha256, data)
            await self._publish(sha256, file)

    async def size(self, sha256: str) -> int | None:
        """Give the length of stored bytes."""
        found = await self._blobs.find_one({"_id": sha256, **_NOT_DOOMED, **_THERE}, {"size": 1})
        return None if found is None else int(found["size"])

    async def read(self, sha256: str) -> bytes | None:
        """Read stored bytes."""
        found = await self._blobs.find_one({"_id": sha256, **_NOT_DOOMED, **_THERE}, {"file": 1})
        return None if found is None else await self._database.download(found["file"])

    async def secure(self, sha256: frozenset[str]) -> bool:
        """Tell whether all these bytes are there, and keep them while an intent that is open already names them."""
        kept = await self._blobs.update_many({"_id": {"$in": list(sha256)}, **_NOT_DOOMED, **_THERE}, _NO_MARK)
        return kept.matched_count == len(sha256)

    async def close_upload(self, sha256: str) -> None:
        """Close an upload, and remove the bytes if nobody needs them."""
        await self._close([sha256])
        await self.settle(sha256)

    async def close_uploads(self, sha256: Sequence[str], key: str, seq: int) -> None:
        """Close uploads of bytes that the image with this key has, unless there was a later write of it."""
        for one_each in (sha256,) if len(set(sha256)) == len(sha256) else ([digest] for digest in sha256):
            await self._close(one_each)
        if await self._images.is_at(key, seq):
            await self._blobs.update_many({"_id": {"$in": list(sha256)}, **_AT_REST}, _SETTLED)
        else:
            for digest in sha256:
                await self.settle(digest)

    async def settle(self, sha256: str) -> bool:
        """Remove bytes if nobody needs them, and tell whether that was done."""
        blob = await self._blobs.find_one({"_id": sha256})
        if blob is None:
            return False
        if "doomed" in blob:
            await self._erase(blob)
            return True
        if blob["open"] > 0:
            return False
        if await self._images.uses(sha256):
            await self._blobs.update_one({"_id": sha256, **_AT_REST}, _SETTLED)
            return False
        mark = ObjectId()
        unused = {"_id": sha256, "open": 0, **_NOT_DOOMED}
        await self._blobs.update_one(unused, {"$set": {"mark": mark, "unsettled": _now()}})
        # In this order: a write closes its intent when its record is there.
        if await self._ledger.needs(sha256) or await self._images.uses(sha256):
            return False
        doomed = await update_one(self._blobs, {**unused, "mark": mark}, {"$set": {"doomed": mark}}, after=True)
        if doomed is None:
            return False
        await self._erase(doomed)
        return True

    async def unsettled(self, older_than: datetime, limit: int) -> list[str]:
        """Name blobs that have been of doubtful use since before this moment."""
        found = self._blobs.find({"unsettled": {"$lt": microseconds(older_than)}}, {"_id": 1}).limit(limit)
        return [document["_id"] async for document in found]

    async def abandon(self, sha256: str, older_than: datetime) -> bool:
        """Close all uploads if none was opened since, and tell whether the bytes went with them."""
        blob = await update_one(
            self._blobs,
            {"_id": sha256, "unsettled": {"$lt": microseconds(older_than)}, **_NOT_DOOMED},
            [{"$set": {"open": 0, "loading": [], "trash": {"$concatArrays": ["$trash", "$loading"]}}}],
            after=True,
        )
        if blob is not None:
            await self._empty_trash(blob)
        return await self.settle(sha256)

    async def _announce(self, sha256: str, size: int, file: ObjectId) -> bool:
        """Open an upload, and tell whether bytes have to be uploaded; then the blob names the file for them."""
        missing: Document = {"$eq": [{"$ifNull": ["$file", None]}, None]}
        loading: Document = {"$ifNull": ["$loading", []]}
        opened: Document = {
            "size": size,
            "file": {"$ifNull": ["$file", None]},
            "loading": {"$cond": [missing, {"$concatArrays": [loading, [file]]}, loading]},
            "trash": {"$ifNull": ["$trash", []]},
            "open": {"$add": [{"$ifNull": ["$open", 0]}, 1]},
            "unsettled": _now(),
            "mark": "$$REMOVE",
        }
        while True:
            with suppress(DuplicateKeyError):
                blob = await update_one(
                    self._blobs, {"_id": sha256, **_NOT_DOOMED}, [{"$set": opened}], upsert=True, after=True
                )
                return blob is None or blob["file"] is None
            # It is being removed; whoever does so may have died.
            await self.settle(sha256)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _close(self, sha256: Sequence[str]) -> None:
        await self._blobs.update_many({"_id": {"$in": list(sha256)}, "open": {"$gt": 0}}, {"$inc": {"open": -1}})

    async def _publish(self, sha256: str, file: ObjectId) -> None:
        """Make uploaded bytes visible, or drop them where those of another upload are there by now."""
        wins = {"$eq": [{"$ifNull": ["$file", file]}, file]}
        blob = await update_one(
            self._blobs,
            {"_id": sha256, "loading": file, **_NOT_DOOMED},
            [
                {
                    "$set": {
                        "file": {"$ifNull": ["$file", file]},
                        "loading": {"$setDifference": ["$loading", [file]]},
                        "trash": {"$cond": [wins, "$trash", {"$concatArrays": ["$trash", [file]]}]},
                    }
                }
            ],
            after=True,
        )
        if blob is None:
            # A sweep has closed the upload meanwhile; it may have come before the last bytes.
            await self._database.remove(file)
            raise TryAgain("The upload took longer than uploads may take.")
        await self._empty_trash(blob)

    async def _empty_trash(self, blob: Document) -> None:
        for file in blob["trash"]:
            await self._database.remove(file)
        if blob["trash"]:
            await self._blobs.update_one({"_id": blob["_id"]}, {"$pull": {"trash": {"$in": blob["trash"]}}})

    async def _erase(self, blob: Document) -> None:
        for file in (blob["file"], *blob["loading"], *blob["trash"]):
            if file is not None:
                await self._database.remove(file)
        await self._blobs.delete_one({"_id": blob["_id"], "doomed": blob["doomed"]})


def _now() -> Int64:
    return microseconds(datetime.now(UTC))
