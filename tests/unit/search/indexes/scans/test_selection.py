import numpy as np
import pytest

from services.search.indexes.scans.selection import Largest


@pytest.mark.parametrize("count", [1, 10, 1000, 5000])
def test_the_largest_of_a_stream_of_blocks_are_kept_and_nothing_larger_was_dropped(count: int) -> None:
    random = np.random.default_rng(count)
    keys = np.round(random.standard_normal(4000), 2).astype(np.float32)
    largest = Largest(count)
    for first in range(0, 4000, 128):
        largest.add(keys[first : first + 128], first)
    rows, kept = largest.result()
    assert np.array_equal(keys[rows], kept)
    assert len(set(rows.tolist())) == len(rows)
    assert min(count, 4000) <= len(rows) <= max(4 * count, count)
    assert sorted(kept)[-count:] == sorted(keys)[-count:]
    left_out = np.delete(keys, rows)
    assert (largest.dropped is None) == (not len(left_out))
    assert largest.dropped is None or largest.dropped >= left_out.max()


def test_rows_may_be_named() -> None:
    largest = Largest(2)
    largest.add(np.array([1, 5, 3], np.float32), np.array([30, 10, 20]))
    rows, keys = largest.result()
    assert dict(zip(rows.tolist(), keys.tolist(), strict=True)) == {30: 1, 10: 5, 20: 3}


def test_what_is_not_admitted_is_never_kept() -> None:
    largest = Largest(3)
    largest.add(np.full(100, -np.inf, np.float32), 0)
    largest.add(np.array([-np.inf, 1], np.float32), 100)
    assert largest.result()[0].tolist() == [101]
    assert largest.dropped is None
