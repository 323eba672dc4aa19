"""The use case behind an upload of many files: embedded together, stored one by one, each with its own outcome."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.recipes import Recipes
from services.gateway.resources import image
from services.gateway.uploads import ID_DIGITS, Uploads
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.batch import BatchFacts, BatchItem, FailedItem, StoredItem
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, RecipeName
from shared.contracts.search import Amendment, ImageRecord
from shared.errors import (
    Conflict,
    EmbeddingSpaceMismatch,
    EmptyUpload,
    LookalikeError,
    NotFound,
    PreconditionFailed,
    TryAgain,
    from_problem,
)
from shared.logging import request_id

_AT_ONCE = 4
"""Files of one batch that are sent to the store at the same time; other requests make calls, too."""


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of a batch: its bytes, or why they were not taken, and what the client says of it."""

    data: bytes | LookalikeError
    facts: BatchFacts


@dataclass(frozen=True, slots=True)
class _Item:
    id: str
    sha256: str
    data: bytes
    facts: BatchFacts


class Batches:
    """Adds and replaces images as single uploads do, with one call of the embedder for all that are new.

    A file whose id, bytes, label and metadata are all stored already is left as it is, so a batch can be sent again
    whatever came of it the first time.

    Args:
        embedder: Embeds.
        search: Has the records.
        uploads: Brings an embedded image into the store.
        recipes: Knows how a collection's images are embedded.
    """

    def __init__(self, embedder: EmbedderClient, search: SearchClient, uploads: Uploads, recipes: Recipes) -> None:
        self._embedder = embedder
        self._search = search
        self._uploads = uploads
        self._recipes = recipes

    async def store(self, collection: str, files: Sequence[BatchFile]) -> tuple[BatchItem, ...]:
        """Store files; each gets its outcome, in the order given.

        Raises:
            TryAgain: The embedder or the store is not there, or has too much to do; nothing new was stored.
        """
        outcomes: dict[int, BatchItem] = {}
        items = await asyncio.to_thread(_digested, files, outcomes)
        first = _first_of_each_id(items, outcomes)
        fresh = await self._settle_known(collection, first, outcomes)
        if fresh:
            await self._add(collection, fresh, outcomes)
        for number, item in items.items():
            if number not in outcomes:
                outcomes[number] = _repeated(outcomes[next(n for n, one in first.items() if one.id == item.id)])
        return tuple(outcomes[number] for number in range(len(files)))

    async def _settle_known(
        self, collection: str, items: dict[int, _Item], outcomes: dict[int, BatchItem]
    ) -> dict[int, _Item]:
        """Look after images whose bytes are stored under their ids; give the others."""
        stored = await self._search.records(collection, [item.id for item in items.values()])
        same = {n: item for n, item in items.items() if item.id in stored and stored[item.id].sha256 == item.sha256}
        fresh = {number: item for number, item in items.items() if number not in same}
        for number, item in same.items():
            try:
                outcomes[number] = await self._amend(collection, item, stored[item.id])
            except (NotFound, PreconditionFailed):
                fresh[number] = item
            except LookalikeError as error:
                outcomes[number] = _failed(error)
        return fresh

    async def _amend(self, collection: str, item: _Item, record: ImageRecord) -> BatchItem:
        label, metadata = item.facts.label, item.facts.metadata
        if item.facts.id is None:  # as a single upload has it: what is not said again stays
            label = record.label if label is None else label
            metadata = record.metadata if metadata is None else metadata
        metadata = metadata or {}
        if (label, metadata) == (record.label, record.metadata):
            return StoredItem(status="unchanged", image=image(record))
        amendment = Amendment(revision=record.revision, label=label, metadata=metadata)
        return StoredItem(status="replaced", image=image(await self._search.amend(collection, item.id, amendment)))

    async def _add(self, collection: str, items: dict[int, _Item], outcomes: dict[int, BatchItem]) -> None:
        async def add(recipe: RecipeName | None) -> None:
            left = {number: item for number, item in items.items() if number not in outcomes}
            await self._embed_and_store(recipe, collection, left, outcomes)

        try:
            await self._recipes.embedding(collection, add)
        except EmbeddingSpaceMismatch as error:
            for number in items:
                outcomes.setdefault(number, _failed(error))

    async def _embed_and_store(
        self, recipe: RecipeName | None, collection: str, items: dict[int, _Item], outcomes: dict[int, BatchItem]
    ) -> None:
        distinct = list({item.sha256: item.data for item in items.values()}.items())
        space, embedded = await self._embed([data for _, data in distinct], recipe)
        seen = dict(zip((sha256 for sha256, _ in distinct), embedded, strict=True))
        turns = asyncio.Semaphore(_AT_ONCE)
        misfits: list[EmbeddingSpaceMismatch] = []

        async def store(number: int, item: _Item) -> None:
            found = seen[item.sha256]
            if isinstance(found, LookalikeError):
                outcomes[number] = _failed(found)
                return
            assert space is not None, "somebody embedded the image"
            try:
                async with turns:
                    await self._search.put_blob(item.sha256, item.data)
                    commit = await self._uploads.commit(
                        collection, item.id, item.data, space, found, item.facts.label, item.facts.metadata or {}
                    )
            except EmbeddingSpaceMismatch as error:
                misfits.append(error)
            except LookalikeError as error:
                outcomes[number] = _failed(error)
            else:
                outcomes[number] = StoredItem(
                    status="created" if commit.created else "replaced", image=image(commit.record)
                )

        async with asyncio.TaskGroup() as group:
            for number, item in items.items():
                group.create_task(store(number, item))
        if misfits:
            raise misfits[0]

    async def _embed(
        self, images: Sequence[bytes], recipe: RecipeName | None
    ) -> tuple[EmbeddingSpace | None, Sequence[EmbeddedImage | LookalikeError]]:
        try:
            answer = await self._embedder.embed(images, thumbnails=True, recipe=recipe)
        except TryAgain:
            raise
        except LookalikeError as error:
            if len(images) > 1:
                raise
            return None, [error]  # of a single image the refusal is raised
        outcomes = [one if isinstance(one, EmbeddedImage) else from_problem(one.problem) for one in answer.images]
        return answer.space, outcomes


def _digested(files: Sequence[BatchFile], outcomes: dict[int, BatchItem]) -> dict[int, _Item]:
    items = {}
    for number, file in enumerate(files):
        if isinstance(file.data, LookalikeError):
            outcomes[number] = _failed(file.data)
        elif not file.data:
            outcomes[number] = _failed(EmptyUpload("The uploaded file has no bytes."))
        else:
            sha256 = hashlib.sha256(file.data).hexdigest()
            items[number] = _Item(file.facts.id or sha256[:ID_DIGITS], sha256, file.data, file.facts)
    return items


def _first_of_each_id(items: dict[int, _Item], outcomes: dict[int, BatchItem]) -> dict[int, _Item]:
    """Give the first item of each id; one that contradicts it fails, or a retry would undo what the first try did."""
    first: dict[str, tuple[int, _Item]] = {}
    for number, item in items.items():
        _, before = first.setdefault(item.id, (number, item))
        if (before.sha256, before.facts.label, before.facts.metadata) != (
            item.sha256,
            item.facts.label,
            item.facts.metadata,
        ):
            outcomes[number] = _failed(Conflict("An earlier file of this request has the same id."))
    return dict(first.values())


def _repeated(outcome: BatchItem) -> BatchItem:
    return outcome.model_copy(update={"status": "unchanged"}) if isinstance(outcome, StoredItem) else outcome


def _failed(error: LookalikeError) -> FailedItem:
    return FailedItem(problem=error.problem(request_id.get()))
