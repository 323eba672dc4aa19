"""Keeps one collection level with another, whose images it embeds anew."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import anyio

from cli.concurrency import for_each, given
from cli.ingest.retry import Retry
from shared.clients.gateway import GatewayClient
from shared.contracts.filters import Filter
from shared.contracts.gateway import Image
from shared.contracts.search import ChangePage, ImageChange
from shared.errors import (
    BodyTooLarge,
    EmptyUpload,
    ImageTooLarge,
    InvalidRequest,
    NotFound,
    UndecodableImage,
    UnsupportedMediaType,
)

_PAGE = 500
_PAUSE_SECONDS = 0.2
_REFUSALS = (BodyTooLarge, EmptyUpload, ImageTooLarge, InvalidRequest, UndecodableImage, UnsupportedMediaType)


@dataclass(slots=True)
class Carried:
    """What was done so far."""

    embedded: int = 0
    amended: int = 0
    """Only label or metadata were written."""
    removed: int = 0
    already_there: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Ids of images that the gateway does not take, each with its reason."""

    @property
    def done(self) -> int:
        """Images of the source whose outcome is known."""
        return self.embedded + self.amended + self.already_there + len(self.refused)


class Reembedder:
    """Follows the writes to `source` from the first one on, and brings each image to `target` as it is by then.

    It compares before it writes, so it can be killed and run again at any time: nothing that is level is embedded
    twice. While nobody else writes to the target, the source is right wherever they differ. Once the target is in
    service, the later of two writes to an image is, which revisions tell: both collections have one sequence. So
    neither what comes to the source at the last moment is lost, nor what clients write to the target from then on.

    Args:
        client: Of the gateway, with at least `jobs` requests at once.
        source: Real name of a collection.
        target: Real name of another one, made before.
        in_service: Whether clients write to the target.
        jobs: Images that are worked on at once.
        retry: How often a call is made again that may succeed later.
    """

    def __init__(
        self,
        client: GatewayClient,
        source: str,
        target: str,
        *,
        in_service: bool,
        jobs: int = 8,
        retry: Retry | None = None,
    ) -> None:
        self.tally = Carried()
        self._client = client
        self._source = source
        self._target = target
        self._in_service = in_service
        self._jobs = jobs
        self._retry = retry or Retry()
        self._source_read = self._target_read = 0
        self._gone: dict[str, int] = {}
        """Images that were removed from the target, with the revisions that did so."""

    async def level(self, on_change: Callable[[], None] | None = None) -> None:
        """Bring over what the target lacks, until nearly nothing is left, or clients write as fast as this goes on."""
        if not self._in_service:
            await self._prune()
        left, before = await self._follow(on_change), math.inf
        while self._jobs < left < before:
            left, before = await self._follow(on_change), left

    async def switch(self, alias: str) -> None:
        """Let an alias stand for the target from now on."""
        switched = await self._retry(partial(self._client.put_alias, alias, self._target))
        if not self._in_service:
            self._in_service, self._target_read = True, switched.revision - 1

    async def settle(self, seconds: float) -> None:
        """Bring over writes that were under way to the source when the alias was switched, for as long as that."""
        end = anyio.current_time() + seconds
        while await self._follow() > self._jobs or anyio.current_time() < end:  # noqa: ASYNC110 - nothing tells when
            await anyio.sleep(_PAUSE_SECONDS)

    async def _follow(self, on_change: Callable[[], None] | None = None) -> int:
        """Bring over all that was written until now, and count it."""
        count, more = 0, True
        while more:
            page = await self._next_page(on_change)
            count, more = count + len(page.changes), page.more
        return count

    async def _next_page(self, on_change: Callable[[], None] | None) -> ChangePage:
        if self._in_service:
            await self._learn_removals()
        page = await self._retry(partial(self._client.changes, self._source_read, collection=self._source))
        ids = [change.id for change in page.changes]
        here, there = await self._images(self._source, ids), await self._images(self._target, ids)

        async def bring(change: ImageChange) -> None:
            try:
                await self._bring(change, here.get(change.id), there.get(change.id))
            except _REFUSALS as error:
                self.tally.refused[change.id] = error.detail
            if on_change:
                on_change()

        await for_each(given(page.changes), bring, self._jobs)
        self._source_read = page.through
        return page

    async def _bring(self, change: ImageChange, here: Image | None, there: Image | None) -> None:
        if here is None:
            # Where the removal is younger than this change, it comes later in the sequence.
            if change.removed and there and self._is_later(change.revision, there):
                await self._remove(change.id)
            return
        if there and _alike(here, there):
            self.tally.already_there += 1
            return
        if not self._is_later(here.revision, there) or self._gone.get(here.id, 0) > here.revision:
            return
        latest: Image | None = here
        while latest is not None:
            written, there = latest, await self._write(latest, there)
            latest = await self._image(self._source, written.id)
            # Written to meanwhile: what was just stored is older, whatever the revisions say.
            if latest and latest.revision == written.revision:
                return
        await self._remove(change.id)

    def _is_later(self, revision: int, there: Image | None) -> bool:
        return not self._in_service or there is None or revision > there.revision

    async def _write(self, image: Image, there: Image | None) -> Image | None:
        if there and there.sha256 == image.sha256:
            gone = dict.fromkeys(there.metadata.keys() - image.metadata.keys())
            amend = partial(
                self._client.patch,
                image.id,
                collection=self._target,
                label=image.label,
                metadata={**image.metadata, **gone},
            )
            with suppress(NotFound):  # removed by a client of the target: then that was later
                there = await self._retry(amend)
            self.tally.amended += 1
            return there
        try:
            content = await self._retry(partial(self._client.content, image.id, collection=self._source))
        except NotFound:
            return there
        put = partial(
            self._client.put, image.id, content, label=image.label, metadata=image.metadata, collection=self._target
        )
        stored = await self._retry(put)
        self.tally.embedded += 1
        return stored.image

    async def _remove(self, image_id: str) -> None:
        with suppress(NotFound):
            await self._retry(partial(self._client.delete, image_id, collection=self._target))
            self.tally.removed += 1

    async def _learn_removals(self) -> None:
        more = True
        while more:
            page = await self._retry(partial(self._client.changes, self._target_read, collection=self._target))
            self._gone |= {change.id: change.revision for change in page.changes if change.removed}
            self._target_read, more = page.through, page.more

    async def _prune(self) -> None:
        """Remove what the source does not have; of what was removed there long ago, its changes do not tell."""
        cursor = None
        while True:
            page = await self._retry(
                partial(self._client.images, limit=_PAGE, cursor=cursor, collection=self._target),
            )
            ids = [image.id for image in page.images]
            here = await self._images(self._source, ids)
            for image_id in ids:
                if image_id not in here and await self._image(self._source, image_id) is None:
                    await self._remove(image_id)
            if (cursor := page.next_cursor) is None:
                return

    async def _images(self, collection: str, ids: Sequence[str]) -> dict[str, Image]:
        if not ids:
            return {}
        wanted = Filter(ids=tuple(ids))
        read = partial(self._client.images, limit=len(ids), filter=wanted, collection=collection)
        return {image.id: image for image in (await self._retry(read)).images}

    async def _image(self, collection: str, image_id: str) -> Image | None:
        try:
            return await self._retry(partial(self._client.image, image_id, collection=collection))
        except NotFound:
            return None


def _alike(one: Image, other: Image) -> bool:
    return (one.sha256, one.label, one.metadata) == (other.sha256, other.label, other.metadata)
