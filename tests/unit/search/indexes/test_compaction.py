import math
from itertools import pairwise

import numpy as np
import pytest

from services.search.indexes.compaction import plan
from services.search.indexes.projection import Projection
from services.search.indexes.segment import Layer, Segment
from services.search.indexes.storage import InMemory
from services.search.ports import Entry
from tests.support.vectors import space

WHOLE = np.ones(1, np.float32)


def layer(rows: int, dead: int = 0) -> Layer:
    entries = {f"{number:06}": Entry(WHOLE) for number in range(rows)}
    made = Layer.whole(Segment.of(entries, Projection.none(space(1)), InMemory("cosine")))
    return made.without(made.segment.ids[:dead])


def merge(sources: list[Layer]) -> Layer:
    """Only sizes count here: which rows are joined does not."""
    return layer(sum(source.count for source in sources))


@pytest.mark.parametrize("batch", [1, 7])
def test_layers_stay_few_and_rows_are_seldom_copied(batch: int) -> None:
    layers: list[Layer] = []
    copied = 0
    writes = 300
    for _ in range(writes):
        layers.append(layer(batch))
        while sources := plan(layers):
            copied += sum(source.count for source in sources)
            layers = [other for other in layers if other not in sources] + [merge(sources)]
        sizes = sorted(layer.count for layer in layers)
        assert all(larger > 2 * smaller for smaller, larger in pairwise(sizes))
    assert sum(layer.count for layer in layers) == writes * batch
    assert len(layers) <= 1 + math.log(writes, 3)
    assert copied <= writes * batch * (1 + math.log2(writes))


def test_a_layer_is_merged_with_all_smaller_ones_once_these_are_half_as_large() -> None:
    small, middle, large, huge = layer(1), layer(4), layer(10), layer(100)
    assert plan([huge, large, small]) == []
    assert plan([huge, middle, large, small]) == [small, middle, large]


def test_a_large_layer_is_not_copied_for_a_few_new_rows() -> None:
    large, small, other = layer(1000), layer(1), layer(1)
    assert plan([large, small, other]) == [small, other]


def test_a_layer_of_which_a_quarter_is_dead_is_written_anew() -> None:
    dead, alive = layer(1000, dead=251), layer(10)
    assert plan([alive, dead]) == [dead]
    assert plan([alive, layer(1000, dead=250)]) == []


def test_a_few_dead_rows_of_a_small_layer_may_stay() -> None:
    assert plan([layer(70, dead=64)]) == []
    assert len(plan([layer(70, dead=65)])) == 1


def test_what_is_being_merged_is_left_alone() -> None:
    first, second, third = layer(5), layer(5), layer(5)
    busy = {first.segment.name, second.segment.name}
    assert plan([first, second, third], busy) == []
    assert plan([first, second, third]) == [first, second, third]
    dead = layer(1000, dead=900)
    assert plan([dead], {dead.segment.name}) == []


def test_nothing_has_to_be_done_for_nothing() -> None:
    assert plan([]) == []
