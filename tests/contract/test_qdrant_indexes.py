"""What indexes in Qdrant do for several services at once: nothing goes back, one builds, all change over."""

import time
from collections.abc import Iterator
from uuid import uuid4

import numpy as np
import pytest
from qdrant_client import models

from services.search.indexes.learning import Learning
from services.search.indexes.projection import Projection
from services.search.indexes.qdrant.address import Address
from services.search.indexes.qdrant.edition import Edition
from services.search.indexes.qdrant.factory import QdrantIndexes
from services.search.indexes.qdrant.index import QdrantIndex
from services.search.indexes.qdrant.options import Options
from services.search.ports import Entry, Query
from shared.contracts.filters import Equality, Filter
from shared.errors import TryAgain, UpstreamUnavailable
from tests.support.qdrant.indexes import EXACT, build_graph, making
from tests.support.qdrant.server import Server
from tests.support.vectors import Vector, space, vector_of

SPACE = space(8)
CAT, DOG = vector_of(b"cat"), vector_of(b"dog")
NOTHING = np.empty((0, 8), np.float32)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def name() -> str:
    return f"{uuid4().hex}.default@1"


@pytest.fixture
def services(qdrant_url: str, name: str, clock: Clock) -> Iterator[tuple[QdrantIndexes, QdrantIndexes]]:
    """What two services see."""
    first, second = (
        QdrantIndexes(Address.parse(qdrant_url), EXACT, Learning("auto", 4), 30, clock=clock) for _ in range(2)
    )
    yield first, second
    first.drop(name)
    first.close()
    second.close()


def published(indexes: QdrantIndexes, name: str, revision: int = 0) -> QdrantIndex:
    index = indexes.begin(name, SPACE, NOTHING, 0)
    indexes.publish(index, revision)
    return index


def until_connected(indexes: QdrantIndexes) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            indexes.look_around()
        except UpstreamUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def found(index: QdrantIndex, vector: Vector) -> list[str]:
    return [hit.id for hit in index.search([Query(vector, 10)])[0]]


def test_a_write_that_comes_late_changes_nothing(qdrant_url: str) -> None:
    with making(qdrant_url) as make:
        edition = make(Projection.none(SPACE), None).edition
        edition.write({"a": Entry(CAT), "b": Entry(CAT)}, 5)
        edition.write({"a": Entry(DOG), "b": None}, 7)
        edition.write({"a": Entry(CAT), "b": Entry(CAT)}, 6)
        edition.write({"a": Entry(CAT), "b": Entry(CAT)}, 7)
        assert edition.rows(["a", "b"]).keys() == {"a"}
        np.testing.assert_allclose(edition.rows(["a"])["a"], DOG, atol=1e-6)
        edition.write({"b": Entry(CAT)}, 8)
        assert edition.rows(["a", "b"]).keys() == {"a", "b"}


def test_what_one_service_has_brought_the_other_passes_over_and_finds(
    services: tuple[QdrantIndexes, QdrantIndexes], name: str
) -> None:
    index = published(services[0], name)
    other = services[1].find(name, SPACE)
    assert other is not None
    index.apply({"a": Entry(CAT)}, 3)
    other.apply({"a": Entry(DOG)}, 3)  # would be the same in truth
    np.testing.assert_allclose(index.edition.rows(["a"])["a"], CAT, atol=1e-6)
    assert (other.revision, len(other), found(other, CAT)) == (3, 1, ["a"])
    other.apply({"a": None, "b": Entry(DOG)}, 4)
    index.apply({"b": Entry(CAT)}, 2)
    assert found(index, CAT) == ["b"]
    assert index.edition.mark().revision == 4


def test_an_index_is_there_for_nobody_before_it_is_published(
    services: tuple[QdrantIndexes, QdrantIndexes], name: str
) -> None:
    index = services[0].begin(name, SPACE, NOTHING, 0)
    index.apply({"a": Entry(CAT)})
    assert services[1].find(name, SPACE) is None
    services[0].publish(index, 9)
    other = services[1].find(name, SPACE)
    assert other is not None
    assert (other.revision, found(other, CAT)) == (9, ["a"])


def test_one_service_builds_and_another_takes_over_where_it_has_gone(
    services: tuple[QdrantIndexes, QdrantIndexes], name: str, clock: Clock
) -> None:
    index = services[0].begin(name, SPACE, NOTHING, 0)
    with pytest.raises(TryAgain):
        services[1].begin(name, SPACE, NOTHING, 0)
    clock.now += 50
    index.apply({"a": Entry(CAT)})
    with pytest.raises(TryAgain):
        services[1].begin(name, SPACE, NOTHING, 0)
    clock.now += 61
    taken_over = services[1].begin(name, SPACE, NOTHING, 0)
    assert len(taken_over) == 0
    services[1].publish(taken_over, 1)
    assert services[0].find(name, SPACE) is not None


def test_what_a_service_could_not_finish_while_qdrant_was_gone_it_does_not_wait_for(
    own_server: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes = QdrantIndexes(Address.parse(own_server.url), EXACT, Learning("auto", 4), 30)
    made_in_part = Edition._make_payload_index

    def qdrant_is_killed(edition: Edition, field: str, schema: models.PayloadSchemaType) -> None:
        own_server.kill()
        made_in_part(edition, field, schema)

    with monkeypatch.context() as patched:
        patched.setattr(Edition, "_make_payload_index", qdrant_is_killed)
        with pytest.raises(TryAgain):
            indexes.begin(name, SPACE, NOTHING, 0)
    own_server.start()
    until_connected(indexes)
    index = indexes.begin(name, SPACE, NOTHING, 0)
    own_server.kill()
    with pytest.raises(TryAgain):
        indexes.abandon(index)
    own_server.start()
    until_connected(indexes)
    published(indexes, name)
    assert len(indexes._editions(name)) == 1
    indexes.close()


def test_an_index_that_is_replaced_is_outgrown_for_all_and_goes_on_answering_for_a_time(
    services: tuple[QdrantIndexes, QdrantIndexes], name: str, clock: Clock
) -> None:
    old = published(services[0], name)
    old.apply({"a": Entry(CAT)}, 1)
    other = services[1].find(name, SPACE)
    assert other is not None
    sample = np.stack([CAT, DOG, -CAT, -DOG, CAT + DOG])
    new = services[0].begin(name, SPACE, sample, 5)
    new.apply({"a": Entry(CAT), "b": Entry(DOG)})
    services[0].publish(new, 2)
    services[1].look_around()
    assert other.outgrown
    assert found(other, CAT) == ["a"]
    replaced = services[1].find(name, SPACE)
    assert replaced is not None
    assert not replaced.outgrown
    np.testing.assert_array_equal(replaced.edition.projection.mean, new.edition.projection.mean)
    assert sorted(found(replaced, CAT)) == ["a", "b"]
    clock.now += 61
    services[1].look_around()
    with pytest.raises(TryAgain):
        found(other, CAT)
    assert sorted(found(new, CAT)) == ["a", "b"]


def test_an_index_of_another_space_or_other_settings_is_not_taken(
    qdrant_url: str, services: tuple[QdrantIndexes, QdrantIndexes], name: str
) -> None:
    published(services[0], name)
    assert services[1].find(name, space(8, fingerprint="f" * 16)) is None
    assert services[1].find(name, SPACE, "none") is None
    other = QdrantIndexes(Address.parse(qdrant_url), EXACT, Learning("auto", 5), 30)
    assert other.find(name, SPACE) is None
    other.close()


def test_what_a_service_of_other_settings_has_put_in_its_place_is_used_and_not_replaced_again(
    qdrant_url: str, services: tuple[QdrantIndexes, QdrantIndexes], name: str
) -> None:
    old = published(services[0], name)
    other = QdrantIndexes(Address.parse(qdrant_url), EXACT, Learning("none", 4), 30)
    published(other, name, 1).apply({"a": Entry(CAT)}, 2)
    other.close()
    services[0].look_around()
    assert old.outgrown
    new = services[0].find(name, SPACE, by_any_settings=True)
    assert new is not None
    assert not new.outgrown
    assert (new.revision, found(new, CAT)) == (2, ["a"])


def test_an_index_that_qdrant_has_lost_is_to_be_built_anew(
    services: tuple[QdrantIndexes, QdrantIndexes], name: str
) -> None:
    index = published(services[0], name)
    services[0].look_around()
    assert not index.outgrown
    services[1].drop(name)
    services[0].look_around()
    assert index.outgrown


def test_an_index_that_was_lost_and_built_anew_is_not_taken_for_the_one_that_it_was(
    services: tuple[QdrantIndexes, QdrantIndexes], name: str
) -> None:
    lost = published(services[0], name)
    lost.apply({"a": Entry(CAT)}, 1)
    services[1].drop(name)
    anew = services[1].begin(name, SPACE, NOTHING, 0)
    anew.apply({"a": Entry(CAT)})
    for is_published in (False, True):
        if is_published:
            services[1].publish(anew, 1)
        services[0].look_around()
        assert lost.outgrown
        with pytest.raises(TryAgain):
            lost.apply({"b": Entry(DOG)}, 2)
        with pytest.raises(TryAgain):
            found(lost, CAT)
    assert (anew.edition.mark().revision, found(anew, CAT)) == (1, ["a"])


def test_a_search_in_the_graph_finds_nearly_all_and_no_fewer_than_were_asked_for(qdrant_url: str) -> None:
    random = np.random.default_rng(5)
    vectors = random.standard_normal((3000, 16)).astype(np.float32)
    entries = {f"{number:04}": Entry(vector, metadata={"tenth": number % 10}) for number, vector in enumerate(vectors)}
    with making(qdrant_url) as make:
        exact = make(Projection.none(space(16)), None)
        exact.apply(entries)
        exact.publish(1)
        build_graph(exact.edition)
        graph = QdrantIndex(exact.edition, Options(ef=64))
        graph.refresh()
        for wanted in (
            None,
            Filter(metadata=(Equality(key="tenth", any_of=(3,)),)),
            Filter(ids=tuple(sorted(entries))[:5]),
        ):
            queries = [Query(vector, 10, filter=wanted) for vector in random.standard_normal((20, 16), np.float32)]
            truth, told = exact.search(queries), graph.search(queries)
            assert [len(hits) for hits in told] == [len(hits) for hits in truth]
            wrong = [
                {hit.id for hit in one} - {hit.id for hit in other} for one, other in zip(truth, told, strict=True)
            ]
            assert sum(map(len, wrong)) <= 0.05 * sum(map(len, truth))


def test_a_name_that_is_dropped_stands_for_nothing(services: tuple[QdrantIndexes, QdrantIndexes], name: str) -> None:
    published(services[0], name)
    assert services[0].look_around() >= {name}
    services[0].drop(name)
    assert name not in services[0].look_around()


def test_the_space_of_the_recipe_classic_fits(qdrant_url: str) -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((4, 51_200)).astype(np.float32)
    with making(qdrant_url) as make:
        index = make(Projection("euclidean", 51_200), None)
        index.apply({f"{number}": Entry(vector) for number, vector in enumerate(vectors)})
        [hits] = index.search([Query(vectors[2], 2)])
    nearest = sorted(
        (float(np.linalg.norm(vectors[2].astype(np.float64) - row)), f"{n}") for n, row in enumerate(vectors)
    )
    assert [hit.id for hit in hits] == [key for _, key in nearest[:2]]
    assert [hit.distance for hit in hits] == pytest.approx([distance for distance, _ in nearest[:2]])
