"""Every VectorIndex answers as brute force does, after whatever has happened to it."""

import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from numpy.typing import NDArray

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.ports import Entry, Query, VectorIndex
from shared.contracts.filters import Equality, Filter, Range
from shared.contracts.metadata import MetadataValue
from tests.support.engines import ENGINES, storage_of
from tests.support.executors import OnDemand
from tests.support.qdrant.indexes import making
from tests.support.reference import ALL, BruteForce, assert_same

IDS = [f"image-{number:03}" for number in range(200)]
KEYS = ("year", "name")
NUMBERS = (-(2**63), -1, 0, 1, 2, 2**53, 2**53 + 1, 2**63 - 1, -0.5, 0.0, 1.0, 1.5, float(2**53), float(2**63), 1e300)
TEXTS = ("", "2004-05-01", "a", "ab", "b", "é", "\U0001f40d", "x" * 256)
LONG = "x" * 257
NAMES: tuple[MetadataValue, ...] = (*TEXTS, True, False)

coordinates = st.lists(st.integers(-2, 2), min_size=4, max_size=4)
values: st.SearchStrategy[MetadataValue] = st.sampled_from([None, True, False, *NUMBERS, *TEXTS])
facts = st.dictionaries(st.sampled_from(KEYS), values | st.just(LONG), max_size=2)
labels = st.sampled_from(["cat", "dog", "owl"])
image_ids = st.sampled_from(IDS[:12]) | st.sampled_from(IDS)
some_ids = st.lists(image_ids, max_size=8).map(tuple)

equalities = st.builds(
    Equality, key=st.sampled_from(KEYS), any_of=st.lists(values, min_size=1, max_size=3, unique_by=repr).map(tuple)
)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    bound = st.sampled_from(draw(st.sampled_from([NUMBERS, TEXTS])))
    names = draw(st.lists(st.sampled_from(["gt", "gte", "lt", "lte"]), min_size=1, max_size=2, unique=True))
    return Range.model_validate({"key": draw(st.sampled_from(KEYS))} | {name: draw(bound) for name in names})


conditions = st.lists(equalities | ranges(), min_size=1, max_size=2).map(tuple)
several_labels = st.lists(labels, max_size=2).map(tuple)
filters = st.one_of(
    st.builds(Filter, not_ids=some_ids),
    st.builds(Filter, labels=several_labels),
    st.builds(Filter, metadata=conditions),
    st.builds(
        Filter, labels=st.none() | several_labels, metadata=conditions, ids=st.none() | some_ids, not_ids=some_ids
    ),
)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, object]:
    """All of a query but its vector. Lattice points are never as close to these scores as float32 rounds."""
    return {
        "k": draw(st.sampled_from([1, 3, 20, 1000])),
        "offset": draw(st.sampled_from([0, 0, 2, 50])),
        "filter": draw(st.none() | filters),
        "min_score": draw(st.none() | st.sampled_from([-0.55, 0.1, 0.3, 0.9, 0.9999999])),
        "min_percentile": draw(st.none() | st.sampled_from([0.0, 0.3, 0.9])),
        "collapse": draw(st.none() | st.sampled_from([-0.45, 0.35, 0.85, 0.999])),
    }


class Histories(RuleBasedStateMachine):
    """Writes to an index, and asks it.

    Vectors are points of a coarse lattice, so that ties and duplicates abound; far from the origin, digits get scarce.
    """

    engine: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    @initialize(
        kind=st.sampled_from(["euclidean", "cosine", "centred", "pca"]),
        far=st.booleans(),
        background=st.sampled_from([True, True, False]),
    )
    def begin(self, kind: str, far: bool, background: bool) -> None:
        kind = "cosine" if (kind, self.engine) == ("euclidean", "int8") else kind
        self.unit = 1 if not far else 1 / 1024
        self.origin = 1000 * far
        self.far = far
        projection = self.projection(kind)
        self.background = OnDemand() if background else None
        self.index = self.new(projection)
        self.model = BruteForce(projection)

    def new(self, projection: Projection) -> VectorIndex:
        storage = storage_of(self.engine, projection.metric, Path(self.folder.name))
        return ExactIndex(projection, storage, self.background, merged_at_once=0)

    def projection(self, kind: str) -> Projection:
        """What it computes of lattice points is exact in float32, so that the same points stay the same."""
        if kind == "euclidean":
            return Projection("euclidean", 4)
        if kind == "cosine":
            return Projection("cosine", 4)
        mean = self.vector([0, 0, 0, 0])
        mean[0] += self.unit / 2
        halves = [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5], [0.5, 0.5, -0.5, -0.5]]
        return Projection("cosine", 4, mean, np.array(halves, np.float32) if kind == "pca" else None)

    def vector(self, point: list[int]) -> NDArray[np.float32]:
        return (self.origin + self.unit * np.array(point)).astype(np.float32)

    def write(self, writes: dict[str, Entry | None]) -> None:
        self.index.apply(writes)
        self.model.apply(writes)

    @rule(writes=st.dictionaries(image_ids, st.none() | st.tuples(coordinates, st.none() | labels, facts), max_size=6))
    def change_a_few(self, writes: dict[str, tuple[list[int], str | None, dict[str, MetadataValue]] | None]) -> None:
        self.write(
            {
                key: None if given is None else Entry(self.vector(given[0]), given[1], given[2])
                for key, given in writes.items()
            }
        )

    @rule(first=st.integers(0, 100), count=st.integers(1, 200), seed=st.integers(0, 9))
    def add_many(self, first: int, count: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.write(
            {
                key: Entry(
                    self.vector(random.integers(-2, 3, 4).tolist()),
                    random.choice(["cat", "dog"]).item(),
                    {
                        "year": NUMBERS[random.integers(len(NUMBERS))],
                        "name": NAMES[random.integers(len(NAMES))],
                    },
                )
                for key in IDS[first : first + count]
            }
        )

    @rule(first=st.integers(0, 100), count=st.integers(1, 200))
    def remove_many(self, first: int, count: int) -> None:
        self.write(dict.fromkeys(IDS[first : first + count]))

    @rule()
    def merge(self) -> None:
        if self.background is not None:
            self.background.run()

    @rule(asked=st.lists(st.tuples(coordinates, questions()), min_size=1, max_size=4))
    def ask(self, asked: list[tuple[list[int], dict[str, object]]]) -> None:
        if self.far:  # there float32 cannot tell whether points look the same
            asked = [(point, question | {"collapse": None}) for point, question in asked]
        assert_same(self.index, self.model, [Query(self.vector(point), **question) for point, question in asked])  # type: ignore[arg-type]

    @rule(after=st.sampled_from(["", "image-", "image-1000", *IDS]), limit=st.sampled_from([1, 7, 500]))
    def page(self, after: str, limit: int) -> None:
        assert self.index.ids(after, limit) == sorted(key for key in self.model.entries if key > after)[:limit]

    @rule(point=coordinates, ids=some_ids)
    def measure(self, point: list[int], ids: tuple[str, ...]) -> None:
        known = [key for key in dict.fromkeys(ids) if key in self.model.entries]
        query = self.vector(point)
        found = self.index.distances(dict.fromkeys(ids, query))
        assert found == pytest.approx(dict(zip(known, self.model.distances(query, known), strict=True)), abs=1e-5)

    @invariant()
    def ranks_all_images_as_brute_force_does(self) -> None:
        assert len(self.index) == len(self.model.entries)
        some = Filter(labels=("cat",), not_ids=tuple(IDS[:40:2]), metadata=(Equality(key="name", any_of=(False, "b")),))
        queries = [Query(self.vector([1, 0, 2, -1]), ALL), Query(self.vector([0, 1, 1, 1]), ALL, filter=some)]
        assert_same(self.index, self.model, queries)

    def teardown(self) -> None:
        self.folder.cleanup()


@pytest.mark.usefixtures("one_thread")
def test_an_index_in_qdrant_answers_as_brute_force_does_at_every_step_of_some_histories(qdrant_url: str) -> None:
    with making(qdrant_url) as make:

        class InQdrant(Histories):
            engine = "qdrant"

            def new(self, projection: Projection) -> VectorIndex:
                return make(projection, None)

        run_state_machine_as_test(
            InQdrant,
            settings=settings(
                max_examples=6,
                stateful_step_count=15,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.generate,),
            ),
        )


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("engine", ENGINES)
def test_answers_as_brute_force_does_at_every_step_of_any_history(engine: str) -> None:
    run_state_machine_as_test(
        type(f"HistoriesOf{engine}", (Histories,), {"engine": engine}),
        settings=settings(
            max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
