from pathlib import Path

import numpy as np
import pytest

from services.search.indexes.storage import Compact


def test_large_segments_lie_in_files_that_nobody_else_sees(tmp_path: Path) -> None:
    storage = Compact("cosine", tmp_path, coded_from=10)
    assert not isinstance(storage.new_rows(9, 4), np.memmap)
    rows = storage.new_rows(10, 4)
    assert isinstance(rows, np.memmap)
    rows[:] = 7
    assert rows.flags.c_contiguous
    assert rows.sum() == 280
    assert list(tmp_path.iterdir()) == []


def test_codes_are_for_vectors_of_length_one(tmp_path: Path) -> None:
    storage = Compact("euclidean", tmp_path, coded_from=1)
    with pytest.raises(ValueError, match="length 1"):
        storage.scan(np.ones((2, 2), np.float32))
