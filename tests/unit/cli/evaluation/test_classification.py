import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from cli.evaluation.classification import by_label, confusions, macro
from cli.evaluation.relevance import judge
from tests.support.rankings import judged, random_ranking


@pytest.mark.parametrize("seed", range(5))
def test_macro_averages_are_those_of_scikit_learn(seed: int) -> None:
    relevance = judge(*random_ranking(seed, labels=12))
    wanted, predicted = relevance.wanted, relevance.found[:, 0]
    expected = precision_recall_fscore_support(wanted, predicted, average="macro", zero_division=0)[:3]
    assert macro(wanted, predicted, len(relevance.labels)) == pytest.approx(expected)


def test_a_label_that_nobody_has_or_predicts_does_not_count() -> None:
    relevance = judged(["a", "b", "never"], ["a", "b"], [[0, 1, 2], [1, 0, 2]])
    assert macro(relevance.wanted, relevance.found[:, 0], 3) == (1, 1, 1)
    assert set(by_label(relevance)) == {"a", "b"}


def test_each_label_has_its_row() -> None:
    relevance = judged(["a", "b"], ["a", "a", "b", "b"], [[0, 1], [1, 0], [1, 0], [1, 0]])
    rows = by_label(relevance)
    assert (rows["a"].precision, rows["a"].recall, rows["a"].queries) == (1, 0.5, 2)
    assert rows["b"].precision == pytest.approx(2 / 3)
    assert sum(row.recall * row.queries for row in rows.values()) / 4 == pytest.approx(
        accuracy_score(relevance.wanted, relevance.found[:, 0])
    )


def test_the_most_frequent_mistakes_come_first() -> None:
    relevance = judged(["a", "b", "c"], ["a", "b", "b", "c"], [[0, 1, 2], [2, 1, 0], [2, 1, 0], [0, 1, 2]])
    assert confusions(relevance, most=5) == [("b", "c", 2), ("c", "a", 1)]
    assert confusions(relevance, most=1) == [("b", "c", 2)]
