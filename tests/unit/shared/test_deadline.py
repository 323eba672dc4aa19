import asyncio

import pytest

from shared import deadline
from shared.errors import UpstreamTimeout


async def test_where_nobody_has_said_there_is_no_end() -> None:
    assert deadline.remaining() is None
    async with deadline.enforced():
        pass


async def test_the_time_that_is_left_gets_shorter_and_is_never_less_than_none() -> None:
    async def request() -> None:
        deadline.start(100)
        assert 99 < (deadline.remaining() or 0) <= 100
        deadline.start(0)
        assert deadline.remaining() == 0

    await asyncio.create_task(request())
    assert deadline.remaining() is None


async def test_work_is_given_up_when_the_time_is_over() -> None:
    given_up = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            given_up.set()
            raise

    async def request() -> None:
        deadline.start(0.01)
        async with deadline.enforced():
            await work()

    with pytest.raises(UpstreamTimeout):
        await asyncio.create_task(request())
    assert given_up.is_set()


async def test_a_timeout_of_the_work_itself_is_not_taken_for_the_deadline() -> None:
    async def request() -> None:
        deadline.start(100)
        async with deadline.enforced():
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await asyncio.create_task(request())
