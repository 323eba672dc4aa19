import numpy as np
import pytest

from cli.evaluation.pairing import compare


def test_six_queries_lost_and_none_won_are_more_than_chance() -> None:
    first = np.ones(100)
    second = np.where(np.arange(100) < 6, 0.0, 1.0)
    difference = compare(first, second)
    assert difference.p == pytest.approx(2 * 0.5**6)
    assert difference.fell
    assert not compare(second, first).fell


def test_as_many_won_as_lost_are_no_difference() -> None:
    first = (np.arange(100) % 2).astype(float)
    difference = compare(first, 1 - first)
    assert difference.p == 1
    assert difference.low < 0 < difference.high


def test_the_same_values_do_not_differ() -> None:
    values = np.linspace(0, 1, 50)
    difference = compare(values, values)
    assert (difference.p, difference.low, difference.high) == (1, 0, 0)


def test_the_rounding_of_saved_values_is_no_difference() -> None:
    values = np.full(100, 1 / 3)
    assert compare(values.round(6) + 1e-6, values).p == 1


def test_a_small_loss_of_nearly_every_query_is_more_than_chance() -> None:
    chance = np.random.default_rng(0)
    first = chance.uniform(0.3, 0.9, 200)
    second = first - 0.02 + chance.normal(0, 0.05, 200)
    difference = compare(first, second)
    assert difference.fell
    assert difference.low < difference.second - difference.first < difference.high < 0


def test_scattered_gains_around_nothing_are_chance() -> None:
    chance = np.random.default_rng(1)
    first = chance.uniform(0.3, 0.9, 200)
    gains = chance.normal(0, 0.05, 200)
    assert compare(first, first + gains - gains.mean()).p > 0.9


def test_queries_that_have_no_value_in_one_of_both_are_left_out() -> None:
    difference = compare(np.array([np.nan, 1, 0]), np.array([1, np.nan, 1]))
    assert (difference.queries, difference.first, difference.second) == (1, 0, 1)
