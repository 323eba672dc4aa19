"""Loads what takes long in a thread of its own, while the service already answers that it is not ready."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from services.embedder.self_test import SelfTestFailed
from services.embedder.weights.source import WeightsUnavailable
from shared.contracts.health import Readiness
from shared.errors import NotReady

Loaded = TypeVar("Loaded")

_log = logging.getLogger(__name__)


class BackgroundLoad(Generic[Loaded]):
    """Calls `load` until it succeeds.

    A failure does not end the process: it stays not ready, says why in its log and in `/readyz`, and tries again. What
    fails here is nearly always the network or a missing file, which mend without a restart; a process that ended would
    be restarted at once, over and over, and show its reason to nobody who asks it.

    Args:
        load: Makes the thing; called in a thread that does not keep the process from ending.
        name: What readiness waits for.
        pause: Seconds between a failure and the next attempt.
    """

    def __init__(self, load: Callable[[], Loaded], name: str, pause: float) -> None:
        self._load = load
        self._name = name
        self._pause = pause
        self._loaded: Loaded | None = None
        self._reason = ""
        self._stopped = threading.Event()
        self._started = False

    @property
    def done(self) -> bool:
        """Whether it is loaded."""
        return self._loaded is not None

    def start(self) -> None:
        """Begin to load, unless that was begun before."""
        if self._started:
            return
        self._started = True
        threading.Thread(target=self._run, name=f"load {self._name}", daemon=True).start()

    def stop(self) -> None:
        """Make no further attempt; one under way is left alone."""
        self._stopped.set()

    async def readiness(self) -> Readiness:
        if self._loaded is not None:
            return Readiness(ready=True)
        return Readiness(ready=False, waiting_for=(f"{self._name}: {self._reason}" if self._reason else self._name,))

    def result(self) -> Loaded:
        """Give what was loaded.

        Raises:
            NotReady: It is not there yet.
        """
        if self._loaded is None:
            raise NotReady(f"The {self._name} is not ready yet.")
        return self._loaded

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._loaded = self._load()
            except (WeightsUnavailable, SelfTestFailed) as error:
                self._reason = str(error)
                _log.error("%s: %s", self._name, error)
            except Exception:
                self._reason = "it could not be loaded; the log of the service says why"
                _log.exception("%s could not be loaded", self._name)
            else:
                _log.info("%s loaded", self._name)
                return
            self._stopped.wait(self._pause)
