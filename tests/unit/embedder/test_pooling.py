from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.embedder.extractors.deterministic import LAYOUT
from services.embedder.pooling import check, pool, resampled, resampling
from services.embedder.recipes import RECIPES
from shared.contracts.region import WHOLE, Region
from shared.errors import InvalidRegion

RAMP = np.arange(16, dtype=np.float32).reshape(4, 4, 1)
POOLED = RECIPES["pooled"]


def region(x: float, y: float, width: float, height: float) -> Region:
    return Region(x=x, y=y, width=width, height=height)


def maps(recipe: str, seed: int = 0) -> list[NDArray[np.float32]]:
    chance = np.random.default_rng(seed)
    shapes = [(8, 8, 2048)] if recipe == "pooled" else [(17, 17, 768), (8, 8, 2048), (8, 8, 2048)]
    return [chance.random(shape, np.float32) for shape in shapes]


def mean(part: Region) -> float:
    return resampled(RAMP, part, (1, 1)).item()


def test_the_whole_picture_is_the_mean_of_all_cells() -> None:
    assert mean(WHOLE) == RAMP.mean()


def test_whole_cells_count_alike_and_others_not_at_all() -> None:
    assert mean(region(0.25, 0.5, 0.5, 0.25)) == 9.5
    assert mean(region(0, 0, 0.25, 1)) == 6


def test_a_cell_on_the_border_counts_by_its_share_inside() -> None:
    assert mean(region(0, 0, 0.375, 0.25)) == pytest.approx((0 * 1 + 1 * 0.5) / 1.5)


@pytest.mark.parametrize("size", [0.01, 1e-9, 1e-17, 5e-324])
@pytest.mark.parametrize("at", [0.0, 0.3, 0.5, 1 - 1e-16])
def test_the_smallest_region_is_the_cell_that_it_lies_in(size: float, at: float) -> None:
    width = min(size, 1 - at) or size
    assert mean(region(at, at, width, width)) == pytest.approx(5 * min(int(4 * at), 3), abs=1e-3)


def test_a_finer_grid_keeps_the_mean() -> None:
    features = np.random.default_rng(0).random((8, 8, 3), np.float32)
    np.testing.assert_allclose(resampled(features, WHOLE, (17, 17)).mean((0, 1)), features.mean((0, 1)), rtol=1e-5)


def test_with_a_spread_the_middle_counts_more() -> None:
    features = np.zeros((8, 8, 2), np.float32)
    features[3:5, 3:5, 0] = 1
    features[:2, :2, 1] = 1
    middle, corner = resampled(features, WHOLE, (1, 1), 0.3)[0, 0]
    assert middle > 1 / 16 > corner > 0
    bell = np.exp(-(((np.arange(8) + 0.5) / 8 - 0.5) ** 2) / (2 * 0.3**2))
    weights = np.outer(bell, bell) / bell.sum() ** 2
    assert (middle, corner) == pytest.approx((weights[3:5, 3:5].sum(), weights[:2, :2].sum()))


def test_with_a_spread_the_middle_is_that_of_the_region() -> None:
    features = np.random.default_rng(0).random((8, 8, 3), np.float32)
    part = resampled(features, region(0.5, 0, 0.5, 0.5), (1, 1), 0.3)
    np.testing.assert_allclose(part, resampled(features[:4, 4:], WHOLE, (1, 1), 0.3), rtol=1e-5)


def test_roots_make_of_features_what_is_less_uneven() -> None:
    features = maps("multilayer")
    plain, rooted = (pool(replace(RECIPES["centred"], power=power), features) for power in (1.0, 0.5))
    parts = np.split(plain, [768, 2816])
    expected = np.concatenate([np.sqrt(part) / np.linalg.norm(np.sqrt(part)) for part in parts]) / 3**0.5
    np.testing.assert_allclose(rooted, expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["pooled", "multilayer", "centred"])
def test_vectors_of_regions_have_length_1_and_differ(name: str) -> None:
    features = maps(name)
    vectors = [
        pool(RECIPES[name], features, part)
        for part in (WHOLE, region(0, 0, 0.5, 0.5), region(0.5, 0.5, 0.5, 0.5), region(0.4, 0.4, 0.01, 0.01))
    ]
    for vector in vectors:
        assert vector.shape == (RECIPES[name].dimensions,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert len({vector.tobytes() for vector in vectors}) == 4


def test_each_map_is_pooled_on_its_own_grid() -> None:
    features = maps("multilayer")
    vector = pool(RECIPES["multilayer"], features, region(0, 0, 8 / 17, 8 / 17))
    expected = features[0][:8, :8].mean((0, 1))
    np.testing.assert_allclose(vector[:768] * 3**0.5, expected / np.linalg.norm(expected), atol=1e-5)


def test_a_picture_of_which_nothing_is_seen_has_a_finite_vector() -> None:
    assert np.isfinite(pool(POOLED, [np.zeros((8, 8, 2048), np.float32)])).all()


unit_interval = st.floats(0, 1, allow_nan=False)


@given(unit_interval, unit_interval, unit_interval, unit_interval)
def test_any_region_pools_a_mean_of_what_is_there(x: float, y: float, right: float, bottom: float) -> None:
    (x, right), (y, bottom) = sorted((x, right)), sorted((y, bottom))
    try:
        part = region(x, y, right - x, bottom - y)
    except ValueError:
        assert x == right or y == bottom or 1 in (x, y)
        return
    assert -1e-3 <= mean(part) <= 15 + 1e-3


def test_a_grid_is_laid_over_the_region() -> None:
    features = np.random.default_rng(0).random((64, 64, 4), np.float32)
    corner = pool(LAYOUT, [features], region(0, 0, 0.5, 0.5))
    np.testing.assert_allclose(corner, pool(LAYOUT, [features[:32, :32]]), atol=1e-6)


def test_a_recipe_that_takes_maps_whole_has_no_regions() -> None:
    with pytest.raises(InvalidRegion, match="classic"):
        check(RECIPES["classic"])
    check(POOLED)


def test_a_row_is_resampled_so_that_each_cell_counts_by_what_it_covers() -> None:
    assert resampling(2, 3) == pytest.approx(np.array([[1, 0], [0.5, 0.5], [0, 1]]), abs=1e-6)
    assert resampling(3, 2) == pytest.approx(np.array([[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]]), abs=1e-6)
