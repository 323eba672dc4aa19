import numpy as np
import pytest

from services.search.indexes.scans.codes import Int8Keys


def test_rows_are_no_nearer_than_their_keys_say_and_hardly_farther() -> None:
    random = np.random.default_rng(10)
    vectors = random.standard_normal((2050, 256))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, queries = np.split(vectors.astype(np.float32), [2000])
    keys = Int8Keys(rows, "cosine")
    cosines = queries.astype(np.float64) @ rows.T.astype(np.float64)
    for asked in (queries, queries[:1]):
        found = keys.of(slice(None), asked).astype(np.float64)
        least = np.stack([keys.least_distance(query, own) for query, own in zip(asked, found, strict=True)])
        excess = 1 - least**2 / 2 - cosines[: len(asked)]
        assert (excess >= 0).mean() > 0.9999
        assert excess.max() < 0.02
    assert keys.of(np.array([7, 3]), queries).tolist() == keys.of(slice(None), queries)[:, [7, 3]].tolist()


def test_only_vectors_of_length_one_are_coded() -> None:
    with pytest.raises(ValueError, match="length 1"):
        Int8Keys(np.ones((1, 4), np.float32), "euclidean")
