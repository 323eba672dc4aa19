from services.gateway.adaptive import TOLERANCE, WINDOW, AdaptiveLimit
from services.gateway.admission import Admission
from shared.errors import Overloaded

QUIET = 0.1


def windows(limit: AdaptiveLimit, seconds: float, count: int = 1, kind: str = "search") -> None:
    """Let searches come to their end, with more waiting outside."""
    for _ in range(count * WINDOW):
        limit.reached()
        limit.observe(kind, seconds)


def simulated(limit: AdaptiveLimit, capacity: int, rounds: int) -> None:
    """A machine that works on `capacity` at once as quickly as on one, and shares its time among more than that."""
    for _ in range(rounds):
        windows(limit, QUIET * max(1, limit.limit / capacity))


def test_it_begins_low_and_doubles_until_searches_are_slow_for_the_first_time() -> None:
    limit = AdaptiveLimit(4, 100)
    assert limit.limit == 4
    windows(limit, QUIET, 3)
    assert limit.limit == 32
    windows(limit, 4 * QUIET)
    assert limit.limit == 16
    windows(limit, QUIET, 3)
    assert limit.limit == 19


def test_it_settles_where_searches_take_as_long_as_is_tolerated() -> None:
    for capacity in (4, 8, 12):
        limit = AdaptiveLimit(4, 32)
        simulated(limit, capacity, 100)
        reached = []
        for _ in range(50):
            simulated(limit, capacity, 1)
            reached.append(limit.limit)
        assert max(reached) <= TOLERANCE * capacity + 1
        assert min(reached) >= capacity


def test_it_stays_between_floor_and_ceiling() -> None:
    limit = AdaptiveLimit(4, 32)
    windows(limit, QUIET, 100)
    assert limit.limit == 32
    windows(limit, 100 * QUIET, 100)
    assert limit.limit == 4
    assert AdaptiveLimit(4, 2).limit == 2


def test_it_does_not_grow_while_nothing_is_held_back() -> None:
    limit = AdaptiveLimit(4, 32)
    for _ in range(100 * WINDOW):
        limit.observe("search", QUIET)
    assert limit.limit == 4


def test_slow_kinds_of_search_are_compared_with_themselves() -> None:
    limit = AdaptiveLimit(4, 32)
    for _ in range(10):
        windows(limit, QUIET)
        windows(limit, 10 * QUIET, kind="heatmap")
    assert limit.limit == 32


def test_what_has_become_slow_for_good_counts_as_quick_in_the_end() -> None:
    limit = AdaptiveLimit(4, 32)
    windows(limit, QUIET, 2)
    windows(limit, 3 * QUIET, 100)
    assert limit.limit == 4
    windows(limit, 3 * QUIET, 3000)
    assert limit.limit == 32


def test_a_gate_with_it_lets_in_as_many_as_it_says_and_learns_from_them() -> None:
    limit = AdaptiveLimit(1, 8)
    gate = Admission(limit)
    with gate.slot("search"):
        assert gate.is_full
        try:
            gate.check()
        except Overloaded:
            pass
        else:
            raise AssertionError("it was let in")
    for _ in range(WINDOW - 1):
        with gate.slot("search"):
            pass
    assert limit.limit == 2
