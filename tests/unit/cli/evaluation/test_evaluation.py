import json
from pathlib import Path

import numpy as np
import pytest

from cli.evaluation import gate
from cli.evaluation.evaluation import Evaluation, evaluate, read
from cli.evaluation.published import figures_for
from cli.failures import CommandFailed
from tests.support.rankings import random_ranking, ranked

SPACE = {"fingerprint": "0123456789abcdef"}


def evaluated(seed: int = 0) -> Evaluation:
    return evaluate(*random_ranking(seed), "a setup", SPACE)


def test_what_was_written_down_is_read_again(tmp_path: Path) -> None:
    evaluation = evaluated()
    path = tmp_path / "evaluation.json"
    path.write_text(evaluation.as_json())
    saved = read(path)
    assert (saved.setup, saved.queries) == ("a setup", evaluation.queries)
    for name, values in evaluation.values.items():
        np.testing.assert_allclose(saved.values[name], values, atol=1e-6)


def test_queries_without_a_value_stay_so_in_the_file(tmp_path: Path) -> None:
    evaluation = evaluate(*ranked(["a", "b"], ["c", "a"], [[0, 1], [0, 1]]), "a setup", SPACE)
    path = tmp_path / "evaluation.json"
    path.write_text(evaluation.as_json())
    assert json.loads(path.read_text())["values"]["AP"] == [None, 1]
    assert np.isnan(read(path).values["AP"]).tolist() == [True, False]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1}', '{"version": 0}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(CommandFailed):
        read(path)


def test_the_same_quality_passes_and_a_worse_one_does_not() -> None:
    task, good = random_ranking(0)
    before = evaluate(task, good, "before", SPACE).saved()
    gate.require_no_fall(gate.differences(before, evaluate(task, good, "after", SPACE).saved()))
    worse = type(good)(good.order[:, ::-1], good.distances)
    found = gate.differences(before, evaluate(task, worse, "after", SPACE).saved())
    with pytest.raises(CommandFailed, match=r"Quality has fallen: hit@1 from .* to"):
        gate.require_no_fall(found)


def test_other_queries_cannot_be_compared() -> None:
    with pytest.raises(CommandFailed, match="other queries"):
        gate.differences(evaluated().saved(), evaluate(*random_ranking(0, queries=61), "other", SPACE).saved())


def test_queries_are_compared_by_their_names_whatever_their_order() -> None:
    first = evaluate(*ranked(["a", "b"], ["a", "b"], [[0, 1], [0, 1]]), "first", SPACE)
    second = evaluate(*ranked(["a", "b"], ["a", "b"], [[0, 1], [0, 1]]), "second", SPACE).saved()
    turned = type(second)("turned", second.task, second.queries[::-1], {k: v[::-1] for k, v in second.values.items()})
    assert all(one.first == one.second and one.p == 1 for one in gate.differences(first.saved(), turned).values())


def test_published_figures_belong_to_their_own_task_alone() -> None:
    assert figures_for(evaluated()) == {}
