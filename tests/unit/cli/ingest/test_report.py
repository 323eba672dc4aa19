from collections import Counter

from cli.ingest.report import summary
from cli.ingest.tally import Failure, Tally


def test_the_summary_says_what_was_added_what_was_there_and_what_failed() -> None:
    assert summary(Tally(added=3, already_there=2)) == "3 added, 2 already there, 0 failed"


def test_rare_cases_are_said_where_there_are_some() -> None:
    tally = Tally(
        added=1, duplicates=4, failures=[Failure("a", "b")], passed_over=Counter({"hidden": 2, "other types": 7})
    )
    assert summary(tally) == ("1 added, 0 already there, 1 failed, 4 duplicates, passed over: 2 hidden, 7 other types")
