import numpy as np

from services.search.indexes.exact import ExactIndex


def test_scikit_learn_searches_in_the_buffer_itself() -> None:
    index = ExactIndex(4)
    index.apply({"a": np.ones(4, np.float32)})
    assert index._snapshot is not None
    assert np.shares_memory(index._snapshot.model._fit_X, index._buffer)


def test_adding_one_image_at_a_time_does_not_copy_the_others_each_time() -> None:
    index = ExactIndex(4)
    buffers = set()
    for number in range(1000):
        index.apply({f"{number}": np.full(4, number, np.float32)})
        buffers.add(index._buffer.ctypes.data)
    assert len(buffers) < 25


def test_memory_does_not_grow_with_replacements() -> None:
    index = ExactIndex(4)
    for number in range(5000):
        index.apply({f"{number % 100}": np.full(4, number, np.float32)})
    assert len(index) == 100
    assert len(index._buffer) < 300


def test_a_renewed_buffer_leaves_queries_under_way_their_own() -> None:
    index = ExactIndex(4)
    index.apply({f"{number}": np.full(4, number, np.float32) for number in range(100)})
    before = index._snapshot
    assert before is not None
    index.apply({f"{number}": None for number in range(90)})
    index.apply({"new": np.zeros(4, np.float32)})
    assert before.rows[99].tolist() == [99, 99, 99, 99]
    assert not before.dead[:100].any()
