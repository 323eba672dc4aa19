from itertools import product

import pytest

from services.search.indexes.qdrant import facts
from shared.contracts.metadata import MetadataValue

NUMBERS = (-(2**63), -(2**53) - 1, -1.5, -1, 0, 0.5, 1, 2004, 2**53, 2**53 + 1, 2**63 - 1, float(2**63), 1e300)
TEXTS = ("", "a", "abcde", "abcdef", "abcdefg", "abcdeg", "b", "2004-05-01", "2004-05-02", "é", "z\0", "\U0001f40d")


@pytest.mark.parametrize("values", [NUMBERS, TEXTS])
def test_digits_are_in_the_order_of_the_values(values: tuple[MetadataValue, ...]) -> None:
    for one, other in product(values, values):
        assert (facts.digits(one) < facts.digits(other)) == (one < other)  # type: ignore[operator]


@pytest.mark.parametrize("values", [NUMBERS, TEXTS])
def test_digits_are_exact_as_float64(values: tuple[MetadataValue, ...]) -> None:
    assert len({tuple(facts.digits(value)) for value in values}) == len(set(values))


def test_numbers_are_the_same_fact_by_size_and_nothing_else_is() -> None:
    assert facts.token("year", 2004) == facts.token("year", 2004.0)
    others: list[MetadataValue] = [1, True, "1", None, "true", 1.5]
    assert len({facts.token("year", value) for value in others}) == len(others)
    assert facts.token("year", 1) != facts.token("month", 1)


def test_a_digit_is_compared_with_those_that_follow_on_the_same_digits_alone() -> None:
    assert facts.prefix("day", "2004-05-01", 1) == facts.prefix("day", "2004-05-02", 1)
    assert facts.prefix("day", "2004-05-01", 1) != facts.prefix("day", "2005-05-01", 1)
    assert facts.prefix("day", "2004", 0) != facts.prefix("day", 2004, 0)


def test_texts_that_no_condition_can_name_are_left_out() -> None:
    written = facts.payload({"note": "x" * 257, "year": 2004})
    assert written == facts.payload({"year": 2004})
