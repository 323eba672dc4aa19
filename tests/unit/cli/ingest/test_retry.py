import pytest

from cli.ingest.retry import Retry
from shared.errors import LookalikeError, Overloaded, UndecodableImage

QUICK = Retry(attempts=4, first_pause_seconds=0, longest_pause_seconds=0.001)


class Failing:
    def __init__(self, *errors: LookalikeError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


async def test_what_may_succeed_later_is_tried_again() -> None:
    call = Failing(Overloaded(), Overloaded(), Overloaded())
    assert await QUICK(call) == "answer"
    assert call.calls == 4


async def test_there_is_a_last_attempt() -> None:
    call = Failing(*[Overloaded() for _ in range(10)])
    with pytest.raises(Overloaded):
        await QUICK(call)
    assert call.calls == 4


async def test_a_refusal_is_not_tried_again() -> None:
    call = Failing(UndecodableImage())
    with pytest.raises(UndecodableImage):
        await QUICK(call)
    assert call.calls == 1
