import pytest

from cli.evaluation.task import Task, leave_one_out
from cli.failures import CommandFailed
from tests.support.rankings import pictures


def test_who_is_alone_with_its_label_is_searched_in_but_not_with() -> None:
    task = leave_one_out("test", pictures(["a", "b", "a", "c", "c"]))
    assert [query.label for query in task.queries] == ["a", "a", "c", "c"]
    assert (len(task.gallery), task.places) == (5, [0, 2, 3, 4])


def test_labels_that_are_all_different_are_refused() -> None:
    with pytest.raises(CommandFailed, match="No two pictures share a label"):
        leave_one_out("test", pictures(["a", "b"]))


def test_places_still_fit_when_pictures_are_left_out() -> None:
    task = leave_one_out("test", pictures(["a", "b", "a", "b", "a"])).without(frozenset({"picture 0"}))
    assert task.places is not None
    assert [task.gallery[place].name for place in task.places] == [query.name for query in task.queries]
    assert [query.name for query in task.queries] == [f"picture {number}" for number in range(1, 5)]


def test_a_draw_of_queries_is_the_same_each_time_and_leaves_the_gallery() -> None:
    task = leave_one_out("test", pictures(["a"] * 20))
    drawn = task.limited(5)
    assert (len(drawn.gallery), len(drawn.queries)) == (20, 5)
    assert drawn == task.limited(5)
    assert drawn.places is not None
    assert [drawn.gallery[place] for place in drawn.places] == drawn.queries
    assert task.limited(20) is task


def test_pictures_that_are_searched_in_and_with_are_embedded_once() -> None:
    assert len(leave_one_out("test", pictures(["a", "a"])).pictures) == 2
    assert len(Task("test", "lists", pictures(["a", "a"]), pictures(["a"], "query")).pictures) == 3
