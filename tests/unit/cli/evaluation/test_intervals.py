import math

import numpy as np
import pytest

from cli.evaluation.intervals import of_macro, of_means
from cli.evaluation.relevance import judge
from tests.support.rankings import random_ranking


def test_an_interval_is_as_wide_as_the_number_of_queries_makes_it() -> None:
    few, many = (np.arange(count) % 5 > 0 for count in (100, 10_000))
    estimates = of_means({"few": few.astype(float), "many": many.astype(float)})
    for name, count in (("few", 100), ("many", 10_000)):
        deviation = math.sqrt(0.8 * 0.2 / count)
        assert estimates[name].value == pytest.approx(0.8)
        assert estimates[name].low == pytest.approx(0.8 - 1.96 * deviation, abs=0.4 * deviation)
        assert estimates[name].high == pytest.approx(0.8 + 1.96 * deviation, abs=0.4 * deviation)


def test_queries_without_a_value_are_left_out() -> None:
    estimate = of_means({"AP": np.array([np.nan, 0.25, 0.75, np.nan])})["AP"]
    assert estimate.value == 0.5
    assert 0.25 <= estimate.low <= estimate.high <= 0.75


def test_what_no_query_has_is_not_told() -> None:
    assert of_means({"AP": np.array([np.nan, np.nan])}) == {}


def test_macro_averages_have_intervals_around_them() -> None:
    estimates = of_macro(judge(*random_ranking(0, queries=400)))
    assert set(estimates) == {"macro precision", "macro recall", "macro f1"}
    for estimate in estimates.values():
        assert estimate.low < estimate.value < estimate.high < estimate.low + 0.15
