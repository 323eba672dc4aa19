import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score

from cli.evaluation.measures import measure, precision_at_recall
from cli.evaluation.relevance import judge
from tests.support.rankings import judged, random_ranking

# Of the two cats in the gallery, the query finds one at rank 2 and the other at rank 4.
CATS = ("cat", "dog", "cat", "owl", "owl", "dog", "owl", "owl", "owl", "dog")
SECOND_AND_FOURTH = [1, 0, 3, 2, 4, 5, 6, 7, 8, 9]


def test_a_query_that_finds_its_two_at_ranks_two_and_four() -> None:
    values = {name: float(value[0]) for name, value in measure(judged(CATS, ["cat"], [SECOND_AND_FOURTH])).items()}
    assert values == pytest.approx(
        {
            "hit@1": 0,
            "hit@5": 1,
            "hit@10": 1,
            "vote@5": 1,  # two cats, two owls and a dog: of cats and owls a cat is nearer
            "precision@5": 2 / 5,
            "precision@10": 2 / 10,
            "recall@10": 1,
            "AP@10": (1 / 2 + 2 / 4) / 2,
            "NDCG@10": (1 / math.log2(3) + 1 / math.log2(5)) / (1 / math.log2(2) + 1 / math.log2(3)),
            "AP": (1 / 2 + 2 / 4) / 2,
            "RR": 1 / 2,
        }
    )


def test_a_query_that_can_find_nothing_is_no_hit_and_is_left_out_of_the_rest() -> None:
    values = measure(judged(CATS, ["fox", "cat"], [SECOND_AND_FOURTH] * 2))
    assert values["hit@5"].tolist() == [0, 1]
    assert np.isnan(values["AP"]).tolist() == [True, False]
    assert np.isnan(values["precision@5"]).tolist() == [True, False]


def test_what_a_short_list_cannot_tell_is_not_told() -> None:
    values = measure(judged(CATS, ["cat"], [SECOND_AND_FOURTH[:5]]))
    assert set(values) == {"hit@1", "hit@5", "vote@5", "precision@5"}


def test_of_labels_that_are_equally_frequent_the_nearest_wins_the_vote() -> None:
    values = measure(judged(CATS, ["owl", "dog"], [[0, 3, 4, 1, 5, 2, 6, 7, 8, 9], [3, 1, 5, 4, 0, 2, 6, 7, 8, 9]]))
    assert values["vote@5"].tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_and_ndcg_are_those_of_scikit_learn(seed: int) -> None:
    task, ranking = random_ranking(seed)
    relevance = judge(task, ranking)
    values = measure(relevance)
    falling = -np.arange(relevance.found.shape[1], dtype=float)
    for number, hits in enumerate(relevance.hits):
        assert values["AP"][number] == pytest.approx(average_precision_score(hits, falling))
        assert values["NDCG@10"][number] == pytest.approx(ndcg_score([hits], [falling], k=10))


def test_the_average_precision_of_the_first_ten_is_a_share_of_what_could_be_among_them() -> None:
    gallery = ["owl"] * 15 + ["dog"] * 5
    values = measure(judged(gallery, ["owl"], [[*range(5), *range(15, 20), *range(5, 15)]]))
    assert values["AP@10"][0] == pytest.approx(5 / 10)


def test_the_curve_has_the_best_precision_from_each_recall_on() -> None:
    curve = precision_at_recall(judged(["a", "b", "a", "b"], ["a"], [[1, 0, 2, 3]]), levels=3)
    assert curve.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    curve = precision_at_recall(judged(["a", "b", "a", "b"], ["a"], [[0, 1, 3, 2]]), levels=3)
    assert curve.tolist() == pytest.approx([1, 1, 2 / 4])
