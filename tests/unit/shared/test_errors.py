import pytest

from shared import errors
from shared.contracts.problem import FieldError, Problem
from shared.errors import LookalikeError, TryAgain, from_problem


def every_error(root: type[LookalikeError] = LookalikeError) -> list[type[LookalikeError]]:
    return [root, *(error for child in root.__subclasses__() for error in every_error(child))]


@pytest.mark.parametrize("error", every_error())
def test_an_error_survives_the_way_through_its_problem_document(error: type[LookalikeError]) -> None:
    fields = (FieldError(field="query.k", message="too large"),)
    problem = error("What went wrong.", fields).problem("request-1")
    rebuilt = from_problem(Problem.model_validate_json(problem.model_dump_json()))
    assert type(rebuilt) is error
    assert (rebuilt.detail, rebuilt.errors) == ("What went wrong.", fields)
    assert problem.request_id == "request-1"


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in every_error()]
    assert len(set(codes)) == len(codes)


def test_errors_that_pass_by_themselves_say_when_to_try_again() -> None:
    for error in every_error():
        assert (error.retry_after is not None) == issubclass(error, TryAgain)


def test_the_drawing_shows_the_tree_as_it_is() -> None:
    drawn = errors.__doc__ or ""
    for error in every_error():
        line = next(line for line in drawn.splitlines() if f" {error.__name__} " in f"{line} ")
        assert str(error.status) in line
        assert error is TryAgain or error.code in line


def test_a_code_of_a_newer_version_becomes_the_general_error() -> None:
    problem = LookalikeError("New.").problem().model_copy(update={"code": "from_the_future"})
    assert type(from_problem(problem)) is LookalikeError
