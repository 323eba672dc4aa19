import os
import signal
from collections.abc import AsyncIterator

import anyio
import pytest

from services.embedder.isolation import Crashed, Isolated, TookTooLong
from shared.errors import UndecodableImage
from tests.support.misbehaving import behave

Isolation = Isolated[[str], int]


@pytest.fixture
async def isolated() -> AsyncIterator[Isolation]:
    async with Isolated(behave, count=2, seconds=1, memory=256 * 2**20) as function:
        yield function


async def test_a_call_is_answered_from_another_process(isolated: Isolation) -> None:
    assert await isolated("well") != os.getpid()


async def test_processes_are_kept(isolated: Isolation) -> None:
    assert len({await isolated("well") for _ in range(6)}) <= 2


async def test_what_the_function_raises_is_raised_and_its_process_stays(isolated: Isolation) -> None:
    before = {await isolated("well") for _ in range(2)}
    with pytest.raises(UndecodableImage, match="It is damaged") as refused:
        await isolated("refuse")
    assert refused.value.problem().code == "undecodable_image"
    assert await isolated("well") in before


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        ("hang", TookTooLong),
        ("crash", Crashed),
        ("be killed", Crashed),
        ("devour memory", MemoryError),
        ("devour memory in pieces", MemoryError),
    ],
)
async def test_whatever_happens_there_the_next_call_is_answered(
    isolated: Isolation, how: str, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        await isolated(how)
    for _ in range(3):
        assert await isolated("well")


async def test_one_that_hangs_does_not_keep_others_waiting(isolated: Isolation) -> None:
    answers = []

    async def hang() -> None:
        with pytest.raises(TookTooLong):
            await isolated("hang")
        answers.append("hung")

    async def answer() -> None:
        await isolated("well")
        answers.append("well")

    async with anyio.create_task_group() as group:
        group.start_soon(hang)
        group.start_soon(answer)
    assert answers == ["well", "hung"]


async def test_a_process_that_was_killed_while_it_waited_costs_nothing(isolated: Isolation) -> None:
    for process in {await isolated("well") for _ in range(4)}:
        os.kill(process, signal.SIGKILL)
    with anyio.fail_after(20):
        for _ in range(4):
            assert await isolated("well")


async def test_when_it_ends_its_processes_end() -> None:
    async with Isolated(behave, count=1, seconds=1, memory=2**30) as function:
        process = await function("well")
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
