import numpy as np
import pytest

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.indexes.storage import InMemory
from services.search.ports import Entry, Hit, Matrix, Query, Vector
from tests.support.executors import OnDemand
from tests.support.vectors import space

ROW_BYTES = 4 * 2


def at(angle: float) -> Vector:
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def numbered(numbers: range, angle: float | None = None) -> dict[str, Entry]:
    return {f"{number:05}": Entry(at(number / 10_000 if angle is None else angle)) for number in numbers}


def new_index(background: OnDemand | None = None, merged_at_once: int = 0) -> ExactIndex:
    projection = Projection.none(space(2))
    return ExactIndex(projection, InMemory("cosine"), background, merged_at_once=merged_at_once)


def found(index: ExactIndex, angle: float = 0, k: int = 100_000) -> list[str]:
    return [hit.id for hit in index.search([Query(at(angle), k)])[0]]


def rows_held(index: ExactIndex) -> int:
    return sum(len(layer.segment.rows) for layer in index.state.layers)


class TestMergesInTheBackground:
    def merging(self) -> tuple[ExactIndex, OnDemand]:
        """An index with a merge under way of 00000 to 00019, at the angles of their numbers."""
        background = OnDemand()
        index = new_index(background)
        index.apply(numbered(range(10)))
        index.apply(numbered(range(10, 20)))
        assert len(background) == 1
        return index, background

    def test_lose_no_removal_that_came_meanwhile(self) -> None:
        index, background = self.merging()
        index.apply({"00003": None, "00012": None})
        background.run()
        assert len(index) == 18
        assert {"00003", "00012"}.isdisjoint(found(index))

    def test_lose_no_replacement_that_came_meanwhile(self) -> None:
        index, background = self.merging()
        index.apply(numbered(range(3, 4), angle=3))
        background.run()
        assert len(index) == 20
        assert found(index)[-1] == "00003"
        assert found(index, 3)[0] == "00003"

    def test_bring_nothing_back_of_a_segment_that_died_whole(self) -> None:
        index, background = self.merging()
        index.apply(dict.fromkeys(numbered(range(10))))
        background.run()
        assert found(index) == list(numbered(range(10, 20)))
        index.apply(dict.fromkeys(numbered(range(10, 20))))
        assert len(index) == 0

    def test_bring_nothing_back_when_everything_was_removed(self) -> None:
        index, background = self.merging()
        index.apply(dict.fromkeys(numbered(range(20))))
        background.run()
        assert found(index) == []
        assert index.state.layers == ()

    def test_keep_apart_an_image_that_was_removed_and_came_back(self) -> None:
        index, background = self.merging()
        index.apply({"00003": None})
        index.apply(numbered(range(3, 4), angle=3))
        index.apply({"00003": None})
        index.apply(numbered(range(3, 4), angle=2))
        background.run()
        assert len(index) == 20
        assert index.distances({"00003": at(2)}) == {"00003": pytest.approx(0, abs=1e-6)}

    def test_are_not_begun_twice_for_the_same_segments(self) -> None:
        index, background = self.merging()
        index.apply(numbered(range(20, 21)))
        assert len(background) == 1
        background.run()
        assert [layer.count for layer in index.state.layers] == [1, 20]

    def test_leave_queries_under_way_what_they_began_with(self) -> None:
        index, background = self.merging()
        before = index.state
        index.apply(dict.fromkeys(numbered(range(15))))
        background.run()
        assert before.count == 20
        assert sum(int((~layer.dead).sum()) for layer in before.layers) == 20

    def test_do_nothing_once_the_index_is_closed(self) -> None:
        index, background = self.merging()
        before = index.state
        index.close()
        background.run()
        assert index.state is before
        assert found(index) == list(numbered(range(20)))

    def test_that_failed_are_said_and_begun_again(self, caplog: pytest.LogCaptureFixture) -> None:
        background = OnDemand()
        storage = Full("cosine")
        index = ExactIndex(Projection.none(space(2)), storage, background, merged_at_once=0)
        index.apply(numbered(range(10)))
        index.apply(numbered(range(10, 20)))
        storage.is_full = True
        background.run()
        assert "no space left on device" in caplog.text
        storage.is_full = False
        index.apply(numbered(range(20, 21)))
        background.run()
        assert len(index.state.layers) <= 2
        assert found(index) == list(numbered(range(21)))

    def test_are_for_large_segments_and_small_ones_are_merged_by_the_write(self) -> None:
        background = OnDemand()
        index = new_index(background, merged_at_once=100 * ROW_BYTES)
        for start in range(0, 100, 10):
            index.apply(numbered(range(start, start + 10)))
        assert len(background) == 0
        index.apply(numbered(range(100, 200)))
        assert len(background) == 1


class Full(InMemory):
    """Has no room while it is told so."""

    is_full = False

    def new_rows(self, count: int, dimensions: int) -> Matrix:
        if self.is_full:
            raise OSError("no space left on device")
        return super().new_rows(count, dimensions)


class TestMemory:
    def test_does_not_grow_with_replacements(self) -> None:
        index = new_index()
        for number in range(1000):
            index.apply({f"{number % 100}": Entry(at(number))})
        assert len(index) == 100
        assert rows_held(index) < 300

    def test_is_given_back_after_removals(self) -> None:
        index = new_index()
        index.apply(numbered(range(1000)))
        for number in range(900):
            index.apply({f"{number:05}": None})
        assert len(index) == 100
        assert rows_held(index) < 200

    def test_of_an_empty_index_holds_nothing(self) -> None:
        index = new_index()
        index.apply(numbered(range(100)))
        index.apply(dict.fromkeys(numbered(range(100))))
        assert index.state.layers == ()


class TestPercentiles:
    @staticmethod
    def shares(index: ExactIndex) -> list[float | None]:
        hits: list[Hit] = index.search([Query(at(0), 1000)])[0]
        return [hit.percentile for hit in hits]

    def test_count_all_pairs_of_a_small_collection(self) -> None:
        index = new_index()
        index.apply(numbered(range(80)))
        rows = np.stack([entry.vector for entry in numbered(range(80)).values()]).astype(np.float64)
        pairs = np.linalg.norm(rows[:, None] - rows, axis=2)[np.triu_indices(80, 1)]
        own = np.linalg.norm(rows - at(0), axis=1)
        assert self.shares(index) == pytest.approx([float((pairs > distance).mean()) for distance in own], abs=0.02)

    def test_follow_a_collection_that_has_doubled(self) -> None:
        index = new_index()
        index.apply(numbered(range(50)))
        near = self.shares(index)[49]
        index.apply(numbered(range(50, 100), angle=3))
        assert near == 0
        assert self.shares(index)[49] == pytest.approx(0.5, abs=0.05)

    def test_say_nothing_of_images_that_are_all_gone(self) -> None:
        index = new_index()
        index.apply({"north": Entry(at(1)), "west": Entry(at(2)), "south": Entry(at(3))})
        index.apply(dict.fromkeys(["north", "west", "south"]))
        index.apply({"east": Entry(at(0)), "beside": Entry(at(0.1))})
        assert self.shares(index) == [1, 0]

    def test_follow_a_collection_that_is_replaced_image_by_image(self) -> None:
        index = new_index()
        index.apply({f"{number}": Entry(at(0.001 * number)) for number in range(20)})
        [hit] = index.search([Query(at(0.5), 1)])[0]
        assert hit.percentile == 0
        for number in range(20):
            index.apply({f"{number}": Entry(at(0.3 * number))})
        [hit] = index.search([Query(at(0.45), 1)])[0]
        assert hit.percentile is not None
        assert hit.percentile > 0.5


def test_an_index_begins_with_the_state_of_another_and_leaves_that_one_alone() -> None:
    index = new_index()
    index.apply(numbered(range(100)))
    other = ExactIndex(index.projection, InMemory("cosine"), state=index.state)
    other.apply({"00000": None})
    assert (len(index), len(other)) == (100, 99)
    assert found(other) == found(index)[1:]
