"""What the use cases need of a store; the adapters are in `stores`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.search.ports.decisions import Decisions
from services.search.ports.values import Change, Entry, StoredBytes, Vector
from shared.contracts import collections
from shared.contracts.collections import CollectionFacts
from shared.contracts.search import Amendment, CommitResponse, ImageCommit, ImageRecord


class ImageStore(Protocol):
    """Images: records, bytes, thumbnails and vectors. What a method has written is durable when it returns.

    Every visible write (commit, amend, delete, discard, and those of collections and aliases) takes the next number of
    one sequence: the store's revision.

    A collection has a *key*, which no other one ever has, be it of the same name. Its images belong to the key, so the
    removal of a collection is one short write that takes its name away, however many images it has: at once nothing
    finds them any more, and one that is made under the name afterwards has none of them. `purge` removes them later.
    Methods that name a collection know nothing of aliases.

    Bytes come before the image that they belong to, so between the two they are held by an *open upload*: `put_blob`
    opens one for its digest, `commit` and `release_blob` close one. Bytes are removed at the moment at which no record
    has them and no upload of them is open, whichever of delete, replacement, release or sweep brings that moment. An
    upload that was abandoned is closed by `sweep`. So two clients may send the same bytes at once: the one whose image
    is refused or deleted takes nothing from the other. Were the bytes gone all the same (a release too many, an upload
    slower than the sweep's grace), `commit` says `Conflict`, and the client sends them again: never is there a record
    without its bytes.

    Every method may raise `TryAgain` where the store is unreachable or busy, and those that write `LimitReached` where
    it is full.
    """

    @property
    def kind(self) -> str:
        """Name of the adapter, as in `sqlite`."""

    @property
    def decisions(self) -> Decisions:
        """What people have decided about near-duplicates; usable while the store is open."""

    async def open(self) -> None:
        """Make the store usable, or raise: `TryAgain` for what may heal, `StoreUnusable` for what does not."""

    async def identity(self) -> str:
        """Give the name that the store got when it was made, at random; no other store has it."""

    async def close(self) -> None:
        """Finish writes under way and let go of everything; a store that is not open is left as it is."""

    async def put_blob(self, sha256: str, data: bytes) -> None:
        """Store bytes under their digest, which the caller has verified, and open an upload of them."""

    async def release_blob(self, sha256: str) -> None:
        """Close an upload of these bytes without an image."""

    async def commit(self, collection: str, image_id: str, commit: ImageCommit) -> CommitResponse:
        """Make an image visible, whole, under the next revision, and close an upload of its bytes.

        The first commit into a collection gives it the commit's space and recipe, and makes it where it is not there.
        If anything is raised nothing changes; only `TryAgain` leaves open whether all of it was done or nothing.

        Raises:
            Conflict: The bytes are not stored, or the name is that of an alias.
            EmbeddingSpaceMismatch: The collection has another space, or was made for another recipe.
            LimitReached: There are as many collections or images as the limits admit.
        """

    async def amend(self, collection: str, image_id: str, amendment: Amendment) -> ImageRecord | None:
        """Give an image another label and other metadata under the next revision, and leave all else as it is.

        None, and nothing is changed, where the image's last write is not the one that the amendment is based on.
        """

    async def delete(self, collection: str, image_id: str) -> int | None:
        """Remove an image, leaving a tombstone, and give the revision that did so; None if there is no such image."""

    async def discard(self, collection: str, written: Mapping[str, int]) -> list[int]:
        """Remove those of these images whose last write is still this one, and give the revisions that did so.

        Each is removed whole, as by `delete`. Where something is raised, some may be removed and others not.
        """

    async def record(self, collection: str, image_id: str) -> ImageRecord | None:
        """Read an image's record."""

    async def records(self, collection: str, image_ids: Collection[str]) -> dict[str, ImageRecord]:
        """Read the records of those ids that exist, by id."""

    async def page(self, collection: str, after: str, limit: int) -> list[ImageRecord]:
        """Read up to `limit` records in the order of their ids, from the first id larger than `after`."""

    async def known(self, collection: str, sha256: Collection[str]) -> set[str]:
        """Tell which of these digests some image of the collection has."""

    async def content(self, collection: str, image_id: str) -> StoredBytes | None:
        """Read an image's bytes."""

    async def thumbnail(self, collection: str, image_id: str) -> StoredBytes | None:
        """Read an image's thumbnail."""

    async def vector(self, collection: str, image_id: str) -> Vector | None:
        """Read an image's vector."""

    async def entries(self, key: str, after: str, limit: int) -> list[tuple[str, Entry]]:
        """Read up to `limit` ids with their entries, in the order of the ids, from the first larger than `after`.

        The collection is the one with this key.
        """

    async def sample(self, key: str, count: int) -> list[Vector]:
        """Read the vectors of `count` images of a key's collection chosen at random, or of all if there are fewer."""

    async def changes(self, since: int, limit: int) -> Sequence[Change]:
        """Read up to `limit` changes of all collections with revisions larger than `since`, in their order.

        Of several writes to one image the last alone is there. No change ever appears below one that was read before.
        Those of a collection that is gone may be left out.
        """

    async def last_changes(self, collection: str, image_ids: Collection[str]) -> dict[str, Change]:
        """Read the last write of each of these ids, by id; it may be so fresh that `changes` does not show it yet.

        Ids that were never written are left out, and so are those whose tombstone was forgotten.
        """

    async def collections(self) -> Mapping[str, collections.Collection]:
        """Describe the collections that exist by their keys, in the order of their names.

        Whoever has read a revision or a change, and then reads this, sees what was written up to there.
        """

    async def create(self, name: str, facts: CollectionFacts) -> int | None:
        """Make an empty collection; None where there is one that these facts are true of.

        Raises:
            Conflict: There is one that they are not true of, or the name is that of an alias.
            LimitReached: There are as many collections as the limits admit.
        """

    async def describe(self, name: str, description: str) -> int | None:
        """Replace a collection's description; None if there is no such collection."""

    async def drop(self, name: str) -> int | None:
        """Remove a collection and its aliases; None if there is no such collection. Its images are left to `purge`."""

    async def purge(self) -> bool:
        """Remove some images of collections that are gone, in little time; False where nothing is left to do."""

    async def alias(self, alias: str, name: str) -> int | None:
        """Let an alias stand for a collection, whatever it stood for; None if there is no such collection.

        Raises:
            Conflict: The alias is the name of a collection.
            LimitReached: There are as many aliases as collections are admitted.
        """

    async def unalias(self, alias: str) -> int | None:
        """Remove an alias; None if there is none."""

    async def revision(self) -> int:
        """Give the revision up to which all writes are visible; 0 before the first."""

    async def forgotten(self) -> int:
        """Give the largest revision whose tombstone was forgotten; 0 where none was.

        Who has followed the changes up to an earlier one may have missed a removal, and has to begin anew.
        """

    async def forget_tombstones(self, older_than: datetime) -> int:
        """Drop the tombstones of images removed before `older_than`, and count them."""

    async def sweep(self, older_than: datetime) -> int:
        """Close uploads whose bytes were last put before `older_than`, and count the files that went with them."""
