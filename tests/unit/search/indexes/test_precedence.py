import threading

from services.search.indexes.precedence import Precedence


def test_work_that_can_wait_is_not_held_up_where_nobody_asks() -> None:
    Precedence().give_way()


def test_work_that_can_wait_goes_on_when_the_last_query_ends() -> None:
    precedence = Precedence()
    order: list[str] = []

    def merge() -> None:
        precedence.give_way()
        order.append("step")

    with precedence.query():
        with precedence.query():
            merging = threading.Thread(target=merge)
        merging.start()
        order.append("query")
    merging.join()
    assert order == ["query", "step"]


def test_queries_without_a_gap_do_not_keep_work_from_its_end() -> None:
    precedence = Precedence()
    with precedence.query():
        precedence.give_way()


def test_queries_that_began_before_are_outlasted() -> None:
    precedence = Precedence()
    order: list[str] = []

    def free() -> None:
        precedence.outlast()
        order.append("freed")

    with precedence.query():
        freeing = threading.Thread(target=free)
        freeing.start()
        order.append("query")
    freeing.join()
    assert order == ["query", "freed"]


def test_queries_that_begin_later_are_not_waited_for() -> None:
    precedence = Precedence()
    outlasted = threading.Event()

    def ask_without_a_gap() -> None:
        last = precedence.query()
        last.__enter__()
        asked.set()
        while not outlasted.is_set():
            following = precedence.query()
            following.__enter__()
            last.__exit__(None, None, None)
            last = following
        last.__exit__(None, None, None)

    asked = threading.Event()
    asking = threading.Thread(target=ask_without_a_gap)
    asking.start()
    asked.wait()
    precedence.outlast()
    outlasted.set()
    asking.join()
