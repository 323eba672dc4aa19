import threading
from collections.abc import Callable, Iterator

import anyio
import pytest

from services.embedder.loading import BackgroundLoad
from services.embedder.weights import WeightsUnavailable
from shared.contracts.health import Readiness
from shared.errors import NotReady


async def readiness_of(load: BackgroundLoad[str], wanted: Callable[[Readiness], bool]) -> Readiness:
    with anyio.fail_after(10):
        while not wanted(readiness := await load.readiness()):  # noqa: ASYNC110 - it changes in another thread
            await anyio.sleep(0.005)
    return readiness


def attempts(*outcomes: str | Exception) -> Callable[[], str]:
    left: Iterator[str | Exception] = iter(outcomes)

    def load() -> str:
        outcome = next(left)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return load


async def test_until_it_is_loaded_it_is_not_ready() -> None:
    release = threading.Event()
    load = BackgroundLoad(lambda: str(release.wait(10)), "extractor", pause=0)
    load.start()
    assert await load.readiness() == Readiness(ready=False, waiting_for=("extractor",))
    with pytest.raises(NotReady):
        load.result()
    release.set()
    await readiness_of(load, lambda readiness: readiness.ready)
    assert load.result() == "True"


async def test_a_failure_is_shown_and_tried_again() -> None:
    load = BackgroundLoad(attempts(WeightsUnavailable("No network."), "loaded"), "extractor", pause=0.2)
    load.start()
    readiness = await readiness_of(load, lambda readiness: readiness.waiting_for != ("extractor",))
    assert readiness.waiting_for == ("extractor: No network.",)
    await readiness_of(load, lambda readiness: readiness.ready)
    assert load.result() == "loaded"


async def test_an_unexpected_failure_shows_nothing_of_its_inside() -> None:
    load = BackgroundLoad(attempts(RuntimeError("/secret/path")), "extractor", pause=60)
    load.start()
    readiness = await readiness_of(load, lambda readiness: readiness.waiting_for != ("extractor",))
    load.stop()
    assert "secret" not in readiness.waiting_for[0]
