"""The way to readiness: the store is opened and the indexes are built while the server already answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.search.follower import Follower
from services.search.ports import ImageStore, StoreUnusable
from shared.contracts.health import Readiness
from shared.errors import LimitReached, NotReady, TryAgain

_log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0


class Startup:
    """Opens the store and lets the follower catch up, again and again where that may help.

    A store that is unreachable comes back, a disk gets space, and the process that holds a store's file is most often
    the predecessor of this one, which is finishing its last requests: all these are waited for. A file of a newer
    version or a damaged one stays so until a person acts, and a process that only says "not ready" hides that from
    whoever supervises it: then the process ends.

    Args:
        store: Is opened.
        follower: Is brought up to the store's state.
        give_up: Called with a sentence for the operator where waiting does not help.
        restore: Called between the two, as to restore what an earlier process has left; None: nothing is.
    """

    def __init__(
        self,
        store: ImageStore,
        follower: Follower,
        give_up: Callable[[str], None],
        restore: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._follower = follower
        self._give_up = give_up
        self._restore = restore
        self._done = False
        self._trouble = ""
        self._total: int | None = None

    async def run(self) -> bool:
        """Work until the service is ready, and tell whether it is."""
        try:
            await self._insist(self._store.open, "store")
            if self._restore is not None:
                await self._insist(self._restore, "index")
            await self._insist(self._build, "index")
        except StoreUnusable as error:
            self._give_up(str(error))
        except Exception:
            _log.exception("starting failed")
            self._give_up("The search service cannot start; the reason is above.")
        else:
            self._done = True
            _log.info("ready with %d images at revision %d", self._follower.images(), self._follower.revision)
        return self._done

    async def readiness(self) -> Readiness:
        """Say what is being waited for."""
        return Readiness(ready=self._done, waiting_for=() if self._done else (self._progress(),))

    def check(self) -> None:
        """Refuse work before the service is ready.

        Raises:
            NotReady: It is not; says how far it is.
        """
        if not self._done:
            raise NotReady(f"The search service is starting ({self._progress()}).")

    async def _build(self) -> None:
        self._total = sum(collection.images for collection in (await self._store.collections()).values())
        await self._follower.catch_up()

    async def _insist(self, step: Callable[[], Awaitable[None]], what: str) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await step()
            except (TryAgain, LimitReached) as error:
                _log.warning("%s Trying again in %.1f s.", error.detail, pause)
                self._trouble = f"{what}: {error.detail}"
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            else:
                self._trouble = ""
                return

    def _progress(self) -> str:
        if self._trouble:
            return self._trouble
        if self._total is None:
            return "store: opening"
        return f"index: {self._follower.images()} of {self._total} images"
