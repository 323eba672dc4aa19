import anyio
import pytest

from services.embedder.together import together
from shared.errors import NotFound, Overloaded


async def test_results_come_in_the_order_of_the_works() -> None:
    async def after(seconds: float) -> float:
        await anyio.sleep(seconds)
        return seconds

    assert await together(after(0.02), after(0)) == [0.02, 0]


async def test_a_failure_is_raised_when_all_have_ended() -> None:
    ended = []

    async def slow() -> None:
        await anyio.sleep(0.02)
        ended.append("slow")

    async def fails(error: Exception) -> None:
        raise error

    with pytest.raises(NotFound):
        await together(slow(), fails(NotFound("first")), fails(Overloaded("second")))
    assert ended == ["slow"]
