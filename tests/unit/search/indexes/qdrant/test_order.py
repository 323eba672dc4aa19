from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from qdrant_client import models

from services.search.indexes.qdrant import order

IDS = sorted(
    {"a", "A", "a.b", "a-b", "a_b", "10", "9", "abcdefgh", "abcdefghi", "abcdefgha"}
    | {f"image-{number:05}" for number in range(60)}
    | {f"a-very-long-beginning-that-all-of-them-have-{number}" for number in range(30)}
    | {"x" * length for length in (7, 8, 9, 16, 17, 127, 128)}
)


class Numbers:
    """Knows the digits of ids, and orders by one field alone, as the server does."""

    def __init__(self, ids: Sequence[str]) -> None:
        shuffled = np.random.default_rng(3).permutation(list(ids)).tolist()
        self._places = {
            key: dict(zip(map(order.field, range(99)), order.digits(key), strict=False)) for key in shuffled
        }

    def read(self, wanted: models.Filter, field: str, count: int) -> list[str]:
        meet = [key for key, places in self._places.items() if field in places and _meets(wanted, places)]
        return sorted(meet, key=lambda key: self._places[key][field])[:count]


def _meets(wanted: Any, places: dict[str, int]) -> bool:
    if isinstance(wanted, models.Filter):
        return all(_meets(one, places) for one in wanted.must or ())
    value = places.get(wanted.key)
    if value is None:
        return False
    return bool(value > wanted.range.gt) if wanted.range else bool(value == wanted.match.value)


@pytest.mark.parametrize("limit", [1, 2, 7, 50, 1000])
def test_all_ids_are_read_in_their_order_page_by_page(limit: int) -> None:
    numbers, found, after = Numbers(IDS), list[str](), ""
    while page := order.page(numbers.read, models.Filter(must=[]), after, limit):
        assert len(page) <= limit
        found += page
        after = page[-1]
    assert found == IDS


@pytest.mark.parametrize(
    "after", ["", "A", "abcdefg", "abcdefgh", "image-00030", "image-", "zzz", "a-very-long-beginning"]
)
def test_a_page_begins_behind_any_text(after: str) -> None:
    expected = [key for key in IDS if key > after]
    assert order.page(Numbers(IDS).read, models.Filter(must=[]), after, 1000) == expected


def test_digits_stay_exact_as_float64() -> None:
    assert all(digit < 2**53 for digit in order.digits("z" * 128))
