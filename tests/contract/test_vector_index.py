"""What every VectorIndex does, whatever it is made of."""

import threading
from collections.abc import Callable, Mapping
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.search.indexes.exact import ExactIndex
from services.search.ports import Vector, VectorIndex

NewIndex = Callable[[int], VectorIndex]

INDEXES: Mapping[str, NewIndex] = {"exact": ExactIndex}

every_index = pytest.mark.parametrize("new_index", INDEXES.values(), ids=INDEXES.keys())

IDS = [f"image-{number}" for number in range(12)]


def assert_same_as_brute_force(index: VectorIndex, stored: Mapping[str, Vector], query: Vector, k: int) -> None:
    distances = {key: float(np.linalg.norm(vector.astype(np.float64) - query)) for key, vector in stored.items()}
    expected = sorted(distances, key=lambda key: (distances[key], key))[:k]
    hits = index.search(query, k)
    assert [hit.id for hit in hits] == expected
    assert [hit.distance for hit in hits] == pytest.approx([distances[key] for key in expected], abs=1e-5)
    assert len(index) == len(stored)


def points(offset: int) -> st.SearchStrategy[Vector]:
    """Points of a coarse lattice, so that ties and duplicates abound; far from the origin, digits get scarce."""
    coordinates = st.lists(st.integers(-2, 2), min_size=3, max_size=3)
    return coordinates.map(lambda values: (offset + np.array(values) / 1024).astype(np.float32))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[dict[str, Vector | None], Vector, int]]:
    point = points(draw(st.sampled_from([0, 1000])))
    writes = st.dictionaries(st.sampled_from(IDS), st.none() | point, max_size=6)
    return draw(st.lists(st.tuples(writes, point, st.integers(1, 15)), max_size=12))


@every_index
@settings(deadline=None)
@given(history=histories())
def test_answers_as_brute_force_does_after_any_history_of_writes(
    new_index: NewIndex, history: list[tuple[dict[str, Vector | None], Vector, int]]
) -> None:
    index = new_index(3)
    stored: dict[str, Vector] = {}
    for writes, query, k in history:
        index.apply(writes)
        stored.update({key: vector for key, vector in writes.items() if vector is not None})
        for key in [key for key, vector in writes.items() if vector is None]:
            stored.pop(key, None)
        assert_same_as_brute_force(index, stored, query, k)


@every_index
def test_answers_as_brute_force_does_through_thousands_of_replacements_and_deletes(new_index: NewIndex) -> None:
    random = np.random.default_rng(7)
    index = new_index(16)
    stored: dict[str, Vector] = {}
    for _ in range(150):
        writes: dict[str, Vector | None] = {}
        for key in random.choice(300, size=40, replace=False):
            writes[f"image-{key}"] = None if random.random() < 0.4 else random.standard_normal(16).astype(np.float32)
        index.apply(writes)
        stored.update({key: vector for key, vector in writes.items() if vector is not None})
        stored = {key: vector for key, vector in stored.items() if writes.get(key, vector) is not None}
        assert_same_as_brute_force(index, stored, random.standard_normal(16).astype(np.float32), 10)


@every_index
def test_an_empty_index_finds_nothing(new_index: NewIndex) -> None:
    index = new_index(2)
    assert index.search(np.zeros(2, np.float32), 5) == []
    index.apply({"a": np.ones(2, np.float32)})
    index.apply({"a": None})
    assert index.search(np.zeros(2, np.float32), 5) == []
    assert len(index) == 0


@every_index
def test_removing_what_is_not_there_changes_nothing(new_index: NewIndex) -> None:
    index = new_index(2)
    index.apply({"a": None})
    index.apply({})
    assert len(index) == 0


@every_index
def test_more_results_than_images_gives_all(new_index: NewIndex) -> None:
    index = new_index(2)
    index.apply({"b": np.array([1, 0], np.float32), "a": np.array([2, 0], np.float32)})
    assert [hit.id for hit in index.search(np.zeros(2, np.float32), 1000)] == ["b", "a"]


@every_index
def test_of_equally_distant_images_the_smallest_ids_are_found(new_index: NewIndex) -> None:
    index = new_index(4)
    same = np.full(4, 0.1, np.float32)
    keys = [f"{number:04}" for number in np.random.default_rng(1).permutation(500)]
    index.apply(dict.fromkeys(keys, same))
    assert [hit.id for hit in index.search(same, 3)] == ["0000", "0001", "0002"]


@every_index
@pytest.mark.parametrize("length", [1, 1000])
def test_an_image_is_at_distance_zero_of_itself_and_near_duplicates_are_told_apart(
    new_index: NewIndex, length: float
) -> None:
    random = np.random.default_rng(3)
    index = new_index(4864)
    vectors = random.standard_normal((50, 4864))
    vectors = (length * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    nearly = vectors[0].copy()
    nearly[0] += np.float32(length * 1e-6)
    index.apply({f"image-{number}": vector for number, vector in enumerate(vectors)} | {"nearly": nearly})
    for number in range(50):
        assert index.search(vectors[number], 1)[0].distance < 1e-6
    itself, other = index.search(vectors[0], 2)
    assert (itself.id, other.id) == ("image-0", "nearly")
    assert other.distance == pytest.approx(length * 1e-6, rel=0.1)


@every_index
def test_ids_are_listed_in_their_order_page_by_page(new_index: NewIndex) -> None:
    index = new_index(2)
    assert index.ids("", 10) == []
    keys = [f"{number:03}" for number in np.random.default_rng(2).permutation(300)]
    index.apply(dict.fromkeys(keys, np.ones(2, np.float32)))
    assert index.ids("", 4) == ["000", "001", "002", "003"]
    assert index.ids("003", 2) == ["004", "005"]
    index.apply({"004": None, "0045": np.zeros(2, np.float32), "200": np.zeros(2, np.float32)})
    assert index.ids("003", 3) == ["0045", "005", "006"]
    assert index.ids("297", 10) == ["298", "299"]
    assert index.ids("299", 10) == []
    assert index.ids("", 1000) == sorted({*keys, "0045"} - {"004"})


@every_index
def test_distances_are_those_to_the_vectors_under_the_same_ids(new_index: NewIndex) -> None:
    index = new_index(2)
    assert index.distances({"a": np.zeros(2, np.float32)}) == {}
    index.apply({key: np.array([3, 4], np.float32) for key in "abc"})
    index.apply({"b": np.array([0, 1], np.float32), "c": None})
    asked = dict.fromkeys("abcd", np.zeros(2, np.float32))
    assert index.distances(asked) == {"a": pytest.approx(5, abs=1e-5), "b": pytest.approx(1, abs=1e-5)}
    assert index.distances({"a": np.array([3, 4], np.float32)})["a"] == pytest.approx(0, abs=1e-5)


@every_index
def test_a_vector_of_another_length_is_refused_and_nothing_is_applied(new_index: NewIndex) -> None:
    index = new_index(2)
    with pytest.raises(ValueError, match="2 dimensions"):
        index.apply({"a": np.zeros(2, np.float32), "b": np.zeros(3, np.float32)})
    assert len(index) == 0


@every_index
def test_the_index_keeps_its_own_copy_of_a_vector(new_index: NewIndex) -> None:
    index = new_index(2)
    vector: NDArray[np.float32] = np.zeros(2, np.float32)
    index.apply({"a": vector})
    vector[:] = 9
    assert index.search(np.zeros(2, np.float32), 1)[0].distance == 0


@every_index
def test_queries_during_writes_see_each_batch_whole_and_nothing_that_was_removed(new_index: NewIndex) -> None:
    index = new_index(4)
    removed: list[str] = []
    ended = threading.Event()
    faults: list[str] = []
    answers = count()

    def ask() -> None:
        random = np.random.default_rng(threading.get_ident() % 2**32)
        while not ended.is_set():
            gone = set(removed)
            found = {hit.id for hit in index.search(random.standard_normal(4).astype(np.float32), 1000)}
            if found & gone:
                faults.append("an image was found after its removal")
            if any(
                ("left" if side == "right" else "right") + number not in found for side, number in map(_part, found)
            ):
                faults.append("half a batch was seen")
            next(answers)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    random = np.random.default_rng(0)
    for number in range(400):
        index.apply(
            {f"left-{number}": random.standard_normal(4).astype(np.float32), f"right-{number}": np.ones(4, "f4")}
        )
        if number >= 50:
            pair = (f"left-{number - 50}", f"right-{number - 50}")
            index.apply(dict.fromkeys(pair))
            removed.extend(pair)
    ended.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert next(answers) > 10
    assert len(index) == 100


def _part(key: str) -> tuple[str, str]:
    side, _, number = key.partition("-")
    return side, f"-{number}"
