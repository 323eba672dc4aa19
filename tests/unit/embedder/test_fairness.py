import anyio
import pytest

from services.embedder.fairness import FairQueue, Turns
from shared.logging import request_id


def push(queue: FairQueue[str], request: str, *items: str) -> None:
    request_id.set(request)
    for item in items:
        queue.push(item)


def test_requests_are_served_in_turn_and_their_items_in_order() -> None:
    queue: FairQueue[str] = FairQueue()
    push(queue, "large", "a", "b", "c")
    push(queue, "small", "x")
    push(queue, "other", "1", "2")
    assert [queue.pop() for _ in range(len(queue))] == ["a", "x", "1", "b", "2", "c"]
    assert len(queue) == 0
    with pytest.raises(KeyError):
        queue.pop()


def test_an_item_can_be_taken_back_once() -> None:
    queue: FairQueue[str] = FairQueue()
    push(queue, "one", "a", "b")
    assert queue.withdraw("a")
    assert not queue.withdraw("a")
    assert (len(queue), queue.pop(), len(queue)) == (1, "b", 0)


async def test_no_more_than_the_count_are_in_and_the_requests_take_turns() -> None:
    turns = Turns(1)
    order: list[str] = []
    first_may_leave = anyio.Event()
    inside = 0

    async def visit(request: str, name: str) -> None:
        nonlocal inside
        request_id.set(request)
        async with turns.turn():
            inside += 1
            assert inside == 1
            await first_may_leave.wait()
            order.append(name)
            inside -= 1

    async with anyio.create_task_group() as group:
        for name in ("a", "b", "c"):
            group.start_soon(visit, "large", name)
        group.start_soon(visit, "small", "x")
        await anyio.wait_all_tasks_blocked()
        first_may_leave.set()
    assert order == ["a", "b", "x", "c"]


async def test_who_leaves_while_waiting_takes_no_turn_from_the_others() -> None:
    turns = Turns(1)
    came: list[str] = []

    async def visit(name: str) -> None:
        async with turns.turn():
            came.append(name)

    async with anyio.create_task_group() as group, turns.turn():
        async with anyio.create_task_group() as impatient:
            impatient.start_soon(visit, "impatient")
            await anyio.wait_all_tasks_blocked()
            impatient.cancel_scope.cancel()
        group.start_soon(visit, "patient")
        await anyio.wait_all_tasks_blocked()
    assert came == ["patient"]


async def test_a_turn_that_comes_while_its_caller_leaves_goes_to_the_next() -> None:
    turns = Turns(1)
    came: list[str] = []

    async def visit(name: str) -> None:
        async with turns.turn():
            came.append(name)

    async with anyio.create_task_group() as group:
        leaving = anyio.CancelScope()

        async def leave() -> None:
            with leaving:
                await visit("leaving")

        async with turns.turn():
            group.start_soon(leave)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(visit, "staying")
            await anyio.wait_all_tasks_blocked()
            leaving.cancel()
    assert came == ["staying"]
    with anyio.fail_after(1):
        await visit("later")
