from collections.abc import Mapping

import numpy as np
import pytest

from services.search.indexes.attributes import Attributes
from shared.contracts.filters import Equality, Filter, Range
from shared.contracts.metadata import MetadataValue

LARGEST, SMALLEST = 2**63 - 1, -(2**63)


def of_values(*values: MetadataValue) -> Attributes:
    return Attributes.of([(None, {"key": value}) for value in values])


def met(attributes: Attributes, *conditions: Equality | Range, labels: tuple[str, ...] | None = None) -> list[int]:
    mask = attributes.mask(Filter(labels=labels, metadata=conditions))
    assert mask is not None
    return [int(row) for row in np.flatnonzero(mask)]


def one_of(*values: MetadataValue) -> Equality:
    return Equality(key="key", any_of=values)


def between(**bounds: float | str) -> Range:
    return Range.model_validate({"key": "key", **bounds})


def test_no_conditions_admit_all_rows() -> None:
    assert of_values(1, 2).mask(Filter()) is None
    assert of_values(1, 2).mask(Filter(not_ids=("a",))) is None


def test_labels_are_told_apart_from_metadata() -> None:
    rows: list[tuple[str | None, Mapping[str, MetadataValue]]] = [("cat", {}), (None, {"label": "cat"}), ("dog", {})]
    attributes = Attributes.of(rows)
    assert met(attributes, labels=("cat",)) == [0]
    assert met(attributes, labels=("owl", "dog", "cat")) == [0, 2]
    assert met(attributes, labels=("owl",)) == []
    assert met(attributes, labels=()) == []


def test_all_conditions_have_to_hold() -> None:
    attributes = Attributes.of([("cat", {"key": 1, "other": "x"}), ("cat", {"key": 1}), ("dog", {"key": 1})])
    assert met(attributes, one_of(1), labels=("cat",)) == [0, 1]
    assert met(attributes, one_of(1), Equality(key="other", any_of=("x",)), labels=("cat",)) == [0]
    assert met(attributes, between(gt=0), between(lt=1)) == []


def test_nobody_has_what_nobody_was_given() -> None:
    assert met(of_values(1, None), Equality(key="nothing", any_of=(1, None))) == []
    assert met(Attributes.of([(None, {})]), one_of(None)) == []


class TestEquality:
    def test_compares_numbers_by_size_and_tells_truth_null_and_texts_from_them(self) -> None:
        attributes = of_values(1, 1.0, True, "1", None, 0, 0.0, False, "", -0.0)
        assert met(attributes, one_of(1)) == met(attributes, one_of(1.0)) == [0, 1]
        assert met(attributes, one_of(True)) == [2]
        assert met(attributes, one_of("1")) == [3]
        assert met(attributes, one_of(None)) == [4]
        assert met(attributes, one_of(0)) == met(attributes, one_of(-0.0)) == [5, 6, 9]
        assert met(attributes, one_of(False)) == [7]
        assert met(attributes, one_of("")) == [8]
        assert met(attributes, one_of(None, "1", True, 1)) == [0, 1, 2, 3, 4]

    def test_loses_no_digit_of_large_integers(self) -> None:
        attributes = of_values(2**53, 2**53 + 1, float(2**53), LARGEST, float(2**63), SMALLEST)
        assert met(attributes, one_of(2**53)) == met(attributes, one_of(float(2**53))) == [0, 2]
        assert met(attributes, one_of(2**53 + 1)) == [1]
        assert met(attributes, one_of(LARGEST)) == [3]
        assert met(attributes, one_of(float(2**63))) == [4]
        assert met(attributes, one_of(float(SMALLEST))) == [5]

    def test_a_fraction_equals_no_integer(self) -> None:
        assert met(of_values(1, 2), one_of(1.5, 1e300)) == []

    def test_texts_too_long_to_be_asked_for_are_never_met(self) -> None:
        attributes = of_values("x" * 256, "x" * 257)
        assert met(attributes, one_of("x" * 256)) == [0]
        assert met(attributes, between(gte="")) == [0]


class TestRange:
    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            ({"gt": 1}, [2, 3, 4]),
            ({"gte": 1}, [1, 2, 3, 4]),
            ({"lt": 2}, [0, 1, 2]),
            ({"lte": 2}, [0, 1, 2, 3]),
            ({"gt": 0.5, "lte": 1.5}, [1, 2]),
            ({"gte": 1.5, "lt": 2.5}, [2, 3]),
            ({"gt": 2.5}, [4]),
            ({"lt": -0.5}, []),
            ({"gt": 1, "gte": 2, "lt": 3, "lte": 2}, [3]),
        ],
    )
    def test_compares_integers_and_fractions_by_size(self, bounds: dict[str, float], expected: list[int]) -> None:
        attributes = of_values(0, 1, 1.5, 2, 3.0, True, None, "2")
        assert met(attributes, between(**bounds)) == expected

    def test_loses_no_digit_of_large_integers(self) -> None:
        attributes = of_values(2**53, 2**53 + 1, float(2**53), LARGEST, SMALLEST)
        assert met(attributes, between(gt=2**53)) == met(attributes, between(gte=2**53 + 1)) == [1, 3]
        assert met(attributes, between(gte=float(2**53))) == [0, 1, 2, 3]
        assert met(attributes, between(lt=2**53 + 1)) == [0, 2, 4]
        assert met(attributes, between(lte=2**53 + 1)) == [0, 1, 2, 4]

    def test_bounds_may_lie_beyond_all_integers(self) -> None:
        attributes = of_values(LARGEST, SMALLEST, 0)
        for beyond in (float(2**63), 1e300):
            assert met(attributes, between(lt=beyond)) == met(attributes, between(lte=beyond)) == [0, 1, 2]
            assert met(attributes, between(gt=beyond)) == met(attributes, between(gte=beyond)) == []
        assert met(attributes, between(gt=-1e300)) == met(attributes, between(gte=float(SMALLEST))) == [0, 1, 2]
        assert met(attributes, between(lte=-1e300)) == []
        assert met(attributes, between(lte=float(SMALLEST))) == [1]

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            ({"gt": "b"}, [2, 3, 4]),
            ({"gte": "b"}, [1, 2, 3, 4]),
            ({"lt": "ba"}, [0, 1]),
            ({"lte": "ba"}, [0, 1, 2]),
            ({"gte": "aa", "lt": "c"}, [1, 2]),
            ({"gt": "z"}, [3, 4]),
            ({"gt": "\U0001f40d"}, []),
            ({"lt": ""}, []),
        ],
    )
    def test_compares_texts_by_code_point(self, bounds: dict[str, str], expected: list[int]) -> None:
        attributes = of_values("a", "b", "ba", "é", "\U0001f40d", 1, None, True)
        assert met(attributes, between(**bounds)) == expected

    def test_finds_dates(self) -> None:
        attributes = of_values("2003-12-31", "2004-01-01", "2004-12-31T23:59", "2005-01-01")
        assert met(attributes, between(gte="2004", lt="2005")) == [1, 2]


class TestMerge:
    ROWS: tuple[tuple[str | None, Mapping[str, MetadataValue]], ...] = (
        ("cat", {"key": 1, "left": "x"}),
        (None, {"key": "b"}),
        ("dog", {"key": 1.5}),
        ("cat", {"key": "a", "right": None}),
        ("owl", {"key": True}),
    )

    def merged(self, first: list[int], second: list[int], count: int) -> Attributes:
        parts = [Attributes.of(self.ROWS[:3]), Attributes.of(self.ROWS[3:])]
        places = [np.array(first, np.int32), np.array(second, np.int32)]
        return Attributes.merge(list(zip(parts, places, strict=True)), count)

    def test_rows_answer_at_their_new_places(self) -> None:
        attributes = self.merged([3, 1, 4], [0, 2], 5)
        assert attributes.count == 5
        assert met(attributes, labels=("cat",)) == [0, 3]
        assert met(attributes, one_of("a", "b")) == [0, 1]
        assert met(attributes, between(gt="a")) == [1]
        assert met(attributes, between(gt=0)) == [3, 4]
        assert met(attributes, one_of(True)) == [2]
        assert met(attributes, Equality(key="left", any_of=("x",))) == [3]
        assert met(attributes, Equality(key="right", any_of=(None,))) == [0]

    def test_what_only_rows_had_that_are_left_behind_is_forgotten(self) -> None:
        attributes = self.merged([-1, 0, -1], [-1, 1], 2)
        assert met(attributes, labels=("cat", "dog", "owl")) == [1]
        assert met(attributes, one_of(1, 1.5, "a")) == []
        assert met(attributes, one_of("b")) == [0]
        assert {key for key, _ in attributes.columns} == {"key", ""}
        texts = {key: list(column.table) for (key, kind), column in attributes.columns.items() if kind == "text"}
        assert texts == {"key": ["b"], "": ["owl"]}
