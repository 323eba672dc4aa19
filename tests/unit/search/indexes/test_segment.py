import numpy as np

from services.search.indexes.projection import Projection
from services.search.indexes.segment import Layer, Segment, encoded
from services.search.indexes.state import State
from services.search.indexes.storage import InMemory
from services.search.ports import Entry
from shared.contracts.filters import Filter
from tests.support.vectors import space

PLAIN = Projection.none(space(2, "euclidean"))
STORAGE = InMemory("euclidean")


def segment(*ids: str, label: str | None = None) -> Segment:
    entries = {key: Entry(np.array([len(key), ord(key[0])], np.float32), label) for key in ids}
    return Segment.of(entries, PLAIN, STORAGE)


def admitted(layer: Layer, wanted: Filter | None) -> list[str]:
    mask = layer.admitted(wanted)
    ids = layer.segment.ids if mask is None else layer.segment.ids[mask]
    return [key.decode() for key in ids.tolist()]


def test_rows_lie_in_the_order_of_their_ids_and_are_found_by_them() -> None:
    made = segment("b", "C", "a.long-name", "10", "9")
    assert made.ids.tolist() == [b"10", b"9", b"C", b"a.long-name", b"b"]
    assert made.rows[:, 1].tolist() == [ord(character) for character in "19Cab"]
    found = made.find(encoded(["b", "nobody", "10", "zzz-longer-than-any-other", ""]))
    assert found.tolist() == [4, 0]
    assert made.find(encoded([])).tolist() == []


def test_a_removal_makes_another_layer() -> None:
    whole = Layer.whole(segment("a", "b", "c"))
    less = whole.without(encoded(["b", "nobody"]))
    assert (whole.count, less.count) == (3, 2)
    assert admitted(whole, None) == ["a", "b", "c"]
    assert admitted(less, None) == ["a", "c"]
    assert less.without(encoded(["b"])) is less


def test_all_conditions_on_ids_and_labels_hold_together() -> None:
    layer = Layer.whole(segment("a", "b", "c", "d", label="cat")).without(encoded(["a"]))
    assert layer.admitted(Filter()) is not None
    assert admitted(layer, Filter(ids=("a", "b", "c", "x"))) == ["b", "c"]
    assert admitted(layer, Filter(ids=("b", "c"), not_ids=("c",))) == ["b"]
    assert admitted(layer, Filter(not_ids=("c",), labels=("cat",))) == ["b", "d"]
    assert admitted(layer, Filter(ids=())) == []
    assert admitted(layer, Filter(labels=("dog",))) == []


def test_merging_joins_what_is_alive_with_its_vectors_and_labels() -> None:
    first = Layer.whole(segment("a", "c", "e", label="old")).without(encoded(["c"]))
    second = Layer.whole(segment("d", "c", "a-much-longer-id", label="new"))
    merged = Segment.merge([first, second], STORAGE)
    assert merged.ids.tolist() == [b"a", b"a-much-longer-id", b"c", b"d", b"e"]
    assert merged.rows.tolist() == [[1, 97], [16, 97], [1, 99], [1, 100], [1, 101]]
    assert admitted(Layer.whole(merged), Filter(labels=("old",))) == ["a", "e"]
    assert merged.name not in {first.segment.name, second.segment.name}


def test_a_merge_puts_what_died_meanwhile_to_death_in_the_state() -> None:
    first, second, third = Layer.whole(segment("a", "b")), Layer.whole(segment("c", "d")), Layer.whole(segment("e"))
    later = State((first, second, third)).without(encoded(["a", "c", "d"]))
    joined = State(State(later).with_merged([first, second], Segment.merge([first, second], STORAGE)))
    assert joined.count == 2
    assert sorted(joined.locate(encoded(["a", "b", "c", "d", "e"]))) == [b"b", b"e"]
