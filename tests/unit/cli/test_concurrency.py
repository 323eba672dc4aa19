from collections.abc import AsyncGenerator

import anyio
import anyio.lowlevel
import pytest

from cli.concurrency import for_each, given, together


async def test_all_items_are_worked_on_by_so_many_at_once() -> None:
    done: list[int] = []
    under_way = most = 0
    three = anyio.Event()

    async def work(item: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 3:
            three.set()
        await three.wait()
        await anyio.lowlevel.checkpoint()
        under_way -= 1
        done.append(item)

    await for_each(given(range(50)), work, 3)
    assert sorted(done) == list(range(50))
    assert most == 3


async def test_the_first_failure_stops_the_rest_and_is_raised_as_it_is() -> None:
    begun: list[int] = []

    async def work(item: int) -> None:
        begun.append(item)
        if item == 1:
            raise ValueError("the second")
        await anyio.sleep_forever()

    with pytest.raises(ValueError, match="the second"):
        await for_each(given(range(50)), work, 2)
    assert begun == [0, 1]


async def test_a_failure_of_what_gives_the_items_is_raised_as_it_is() -> None:
    async def failing() -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("no more")

    async def work(item: int) -> None:
        await anyio.lowlevel.checkpoint()

    with pytest.raises(ValueError, match="no more"):
        await for_each(failing(), work, 2)


async def test_nothing_to_do_ends_at_once() -> None:
    async def work(item: int) -> None:
        raise AssertionError

    await for_each(given(list[int]()), work, 2)
    await together()
