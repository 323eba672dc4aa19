import anyio
from anyio.lowlevel import checkpoint

from cli.ingest.budget import ByteBudget


async def test_no_more_than_the_limit_is_held_at_once() -> None:
    budget, held, most = ByteBudget(100), 0, 0

    async def hold(size: int) -> None:
        nonlocal held, most
        async with budget.hold(size):
            held += size
            most = max(most, held)
            for _ in range(3):
                await checkpoint()
            held -= size

    async with anyio.create_task_group() as group:
        for size in [60, 50, 10, 100, 1, 0, 40, 99, 30, 30, 30]:
            group.start_soon(hold, size)
    assert held == 0
    assert 90 <= most <= 100


async def test_a_large_one_is_not_overtaken_for_ever() -> None:
    budget = ByteBudget(10)
    order = []

    async def hold(size: int) -> None:
        async with budget.hold(size):
            order.append(size)
            await checkpoint()

    async with anyio.create_task_group() as group:
        for size in [6, 10, 1, 2, 3]:
            group.start_soon(hold, size)
            await checkpoint()
    assert order[:2] == [6, 10]


async def test_what_a_cancelled_task_held_is_free_again() -> None:
    budget = ByteBudget(10)
    with anyio.CancelScope() as scope:
        async with budget.hold(10):
            scope.cancel()
            await checkpoint()
    with anyio.fail_after(5):
        async with budget.hold(10):
            pass
