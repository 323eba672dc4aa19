import hashlib
from pathlib import Path

import numpy as np
import pytest

from cli.evaluation.vectors import KeptVectors


def digest(number: int) -> str:
    return hashlib.sha256(bytes([number])).hexdigest()


def vector(number: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.arange(4, dtype=np.float32) + number


@pytest.fixture
def kept(tmp_path: Path) -> KeptVectors:
    kept = KeptVectors(tmp_path, "0123456789abcdef")
    kept.keep({digest(number): vector(number) for number in range(3)})
    kept.keep({digest(3): vector(3)})
    return kept


def test_what_was_kept_is_found_by_its_digest(kept: KeptVectors) -> None:
    found = kept.find([digest(3), digest(1), digest(9)])
    assert set(found) == {digest(1), digest(3)}
    np.testing.assert_array_equal(found[digest(1)], vector(1))
    np.testing.assert_array_equal(found[digest(3)], vector(3))


def test_another_space_has_vectors_of_its_own(kept: KeptVectors, tmp_path: Path) -> None:
    assert KeptVectors(tmp_path, "fedcba9876543210").find([digest(1)]) == {}


def test_a_damaged_file_costs_its_own_vectors_alone(kept: KeptVectors, tmp_path: Path) -> None:
    [large, _] = sorted(tmp_path.rglob("*.npz"), key=lambda path: -path.stat().st_size)
    large.write_bytes(large.read_bytes()[:100])
    assert set(kept.find([digest(number) for number in range(4)])) == {digest(3)}
