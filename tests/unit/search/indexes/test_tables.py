from bisect import bisect_left
from itertools import compress

import numpy as np
import pytest

from services.search.indexes.tables import Table, join


def test_a_table_reads_like_a_sequence_of_its_texts_in_the_order_of_python() -> None:
    texts = sorted({"", "a", "ab", "\x00", "zoë", "\uffff", "\U0001f600", "日本"})
    table = Table.of(texts)
    assert len(table) == len(texts)
    assert list(table) == table[:] == texts
    assert table[1::2] == texts[1::2]
    assert table[5:2] == []
    assert table[-1] == texts[-1]
    assert [bisect_left(table, text) for text in texts] == list(range(len(texts)))


def test_the_texts_in_use_are_joined_and_found_again_by_their_new_places() -> None:
    table, (first, second) = join(
        [Table.of("acd"), Table.of("bce")], [np.array([True, True, False]), np.array([False, True, True])]
    )
    assert list(table) == ["a", "c", "e"]
    assert first.tolist() == [0, 1, -1]
    assert second.tolist() == [-1, 1, 2]


@pytest.mark.parametrize("sizes", [(5000,), (5000, 10, 3000), (1, 4000), (0, 2000), (0, 0)])
def test_tables_of_many_steps_are_joined_as_short_ones_are(sizes: tuple[int, ...]) -> None:
    random = np.random.default_rng(sum(sizes))
    tables = [Table.of(sorted({f"{number:x}" for number in random.integers(0, 9000, size).tolist()})) for size in sizes]
    used = [random.random(len(table)) < 0.7 for table in tables]
    table, places = join(tables, used)
    kept = [list(compress(old, use)) for old, use in zip(tables, used, strict=True)]
    assert list(table) == sorted({text for texts in kept for text in texts})
    for texts, use, new in zip(kept, used, places, strict=True):
        assert [table[place] for place in new[use]] == texts
        assert (new[~use] == -1).all()
