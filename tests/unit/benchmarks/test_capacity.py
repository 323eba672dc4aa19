import re
from pathlib import Path

import pytest

from benchmarks.capacity import (
    GIB,
    INDEX_SHARE,
    SCAN_SECONDS,
    UTILISATION,
    Load,
    bottleneck,
    index_bytes,
    plan,
    rows,
    servers,
    waits,
)

ROOT = Path(__file__).parents[3]
OPERATIONS = (ROOT / "docs/operations.md").read_text()
README = (ROOT / "README.md").read_text()


def test_requests_of_one_server_wait_as_long_as_pollaczek_and_khinchine_say() -> None:
    rate, seconds = 0.7, 1.0
    mean, late = waits(rate, seconds, 1)
    assert mean == pytest.approx(rate * seconds**2 / (2 * (1 - rate * seconds)), rel=0.1)
    assert late > mean


def test_more_servers_make_requests_wait_less_and_no_requests_wait_for_nothing() -> None:
    assert waits(7, 0.1, 2)[0] < waits(7, 0.1, 1)[0]
    assert waits(0, 1, 1) == (0, 0)


@pytest.mark.parametrize(("rate", "count"), [(0, 1), (7, 1), (7.1, 2), (70, 10)])
def test_there_are_as_many_servers_as_stay_below_the_utilisation(rate: float, count: int) -> None:
    assert servers(rate, 0.1) == count


def test_an_index_takes_the_share_of_its_vectors_that_was_measured() -> None:
    assert index_bytes(Load(1_000_000, 1, 0, engine="float32")) == pytest.approx(1_000_000 * 512 * 4 * 1.03)
    assert index_bytes(Load(1_000_000, 1, 0, dimensions=4864)) == pytest.approx(1_000_000 * 4864 * 4 * 0.29)


def test_an_index_that_no_machine_holds_is_counted_in_parts_that_one_does() -> None:
    small, large = (plan(Load(images, 1, 0))[2] for images in (10_000_000, 1_000_000_000))
    assert small.parts == 1 < large.parts
    assert large.memory / large.parts <= UTILISATION * 256 * GIB
    assert large.cores == large.parts * large.replicas * 32


def test_the_bottleneck_moves_from_the_embedder_to_the_index_with_the_images() -> None:
    assert bottleneck(plan(Load(100_000, 1_000, 0))).service == "embedder"
    assert bottleneck(plan(Load(1_000_000_000, 1_000, 0))).service == "search"


@pytest.mark.parametrize("engine", sorted(SCAN_SECONDS))
def test_the_constants_of_the_index_are_those_of_the_readme(engine: str) -> None:
    together = round(SCAN_SECONDS[engine] * 32 * 100_000 * 2_048 * 1000, 3)
    [row] = [line for line in README.splitlines() if line.startswith(f"| Lookalike, `{engine}` |")]
    assert row.endswith(f" | {together:g} | 1 | {INDEX_SHARE[engine]} |")


def test_the_tables_of_the_docs_are_what_it_prints() -> None:
    asked = re.findall(r"--images (\d+) --searches (\d+) --uploads (\d+)$", OPERATIONS, re.MULTILINE)
    assert len(asked) >= 4
    for images, searches, uploads in asked:
        assert "\n".join(rows(Load(int(images), float(searches), float(uploads)))) in OPERATIONS
