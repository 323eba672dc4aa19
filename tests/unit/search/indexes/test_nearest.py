import numpy as np
from numpy.typing import NDArray

from services.search.indexes.nearest import find_nearest
from services.search.indexes.projection import Projection
from services.search.indexes.segment import Layer, Segment
from services.search.indexes.storage import InMemory
from services.search.ports import Entry
from tests.support.vectors import space

RANDOM = np.random.default_rng(8)


def layer_of(ids: list[str], rows: NDArray[np.float32]) -> Layer:
    entries = {key: Entry(row) for key, row in zip(ids, rows, strict=True)}
    projection = Projection.none(space(rows.shape[1], "euclidean"))
    return Layer.whole(Segment.of(entries, projection, InMemory("euclidean")))


def test_equally_near_rows_of_all_segments_come_in_the_order_of_their_ids() -> None:
    same = np.ones((200, 3), np.float32)
    odd = layer_of([f"{number:03}" for number in range(1, 400, 2)], same)
    even = layer_of([f"{number:03}" for number in range(0, 400, 2)], same)
    [nearest] = find_nearest([odd, even], same[:1], [[None, None]], 5)
    assert nearest.ids.tolist() == [b"000", b"001", b"002", b"003", b"004"]
    assert not nearest.exhausted


def test_rows_that_float32_cannot_tell_apart_are_ordered_by_their_true_distance() -> None:
    base = 1000 * RANDOM.standard_normal(64).astype(np.float32)
    rows = np.repeat(base[np.newaxis], 300, axis=0)
    steps = RANDOM.permutation(300)
    rows[:, 0] = np.float32(1024) + steps.astype(np.float32) * np.float32(2**-13)
    query = base.copy()
    query[0] = 1024
    layer = layer_of([f"{number:03}" for number in range(300)], rows)
    [nearest] = find_nearest([layer], query[np.newaxis], [[None]], 300)
    assert nearest.ids.tolist() == [b"%03d" % number for number in np.argsort(steps)]
    [few] = find_nearest([layer], query[np.newaxis], [[None]], 4)
    assert few.ids.tolist() == nearest.ids[:4].tolist()


def test_each_query_finds_what_is_admitted_for_it_in_each_segment() -> None:
    rows = np.arange(10, dtype=np.float32)[:, np.newaxis]
    first, second = layer_of(list("abcde"), rows[:5]), layer_of(list("fghij"), rows[5:])
    nothing, all_but_last = np.zeros(5, np.bool_), np.array([True, True, True, True, False])
    queries = np.array([[9], [9], [9]], np.float32)
    masks: list[list[NDArray[np.bool_] | None]] = [[None, None], [None, all_but_last], [nothing, nothing]]
    found = find_nearest([first, second], queries, masks, 2)
    assert [nearest.ids.tolist() for nearest in found] == [[b"j", b"i"], [b"i", b"h"], []]
    assert [nearest.exhausted for nearest in found] == [False, False, True]
    assert found[0].distances.tolist() == [0, 1]
    assert found[0].rows.tolist() == [[9], [8]]


def test_rows_are_exhausted_when_all_that_are_admitted_are_found() -> None:
    layer = layer_of(list("abc"), np.eye(3, dtype=np.float32))
    for count, exhausted in ((2, False), (3, True), (50, True)):
        [nearest] = find_nearest([layer], np.zeros((1, 3), np.float32), [[None]], count)
        assert nearest.exhausted == exhausted
