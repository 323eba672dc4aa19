"""What every VectorIndex does, whatever it is made of."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from services.search.indexes.exact import ExactIndex
from services.search.indexes.projection import Projection
from services.search.ports import Entry, Hit, Matrix, Query, Vector, VectorIndex
from shared.contracts.embedding import Metric
from shared.contracts.filters import Filter, Range
from tests.support.engines import ENGINES, new_index, storage_of
from tests.support.qdrant.indexes import making
from tests.support.reference import ALL, BruteForce, assert_same
from tests.support.vectors import space

NewIndex = Callable[..., VectorIndex]
Make = Callable[[Projection, int | None], VectorIndex]

KINDS = [f"{engine}-{work}" for engine in ENGINES for work in ("alone", "background")]
QDRANT = "qdrant-elsewhere"
FAR_SIGHTED = [kind for kind in KINDS if not kind.startswith("int8")]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(params=[*KINDS, QDRANT])
def kind(request: pytest.FixtureRequest) -> str:
    """An engine, and where the work is done that nobody waits for."""
    name: str = request.param
    return name


@pytest.fixture
def engine(kind: str) -> str:
    return kind.partition("-")[0]


@pytest.fixture
def make(kind: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Make]:
    if kind == QDRANT:
        with making(request.getfixturevalue("qdrant_url")) as make_there:
            yield make_there
        return
    with ThreadPoolExecutor(1) as executor:
        background = executor if kind.endswith("background") else None

        def make_here(projection: Projection, outgrown_at: int | None = None) -> VectorIndex:
            storage = storage_of(engine, projection.metric, tmp_path)
            return ExactIndex(projection, storage, background, outgrown_at=outgrown_at, merged_at_once=0)

        yield make_here


@pytest.fixture
def metric(engine: str) -> Metric:
    """Euclidean, where the engine has it: then there are no rounded lengths between a test and its distances."""
    return "cosine" if engine == "int8" else "euclidean"


@pytest.fixture
def new(make: Make, metric: Metric) -> NewIndex:
    """Makes indexes that do not project."""

    def new(dimensions: int, metric: Metric = metric, outgrown_at: int | None = None) -> VectorIndex:
        return make(Projection.none(space(dimensions, metric)), outgrown_at)

    return new


def ask(index: VectorIndex, vector: Vector, k: int = ALL) -> list[Hit]:
    return index.search([Query(vector, k)])[0]


def direction(*values: float) -> Vector:
    """Of length 1, so that no metric changes it."""
    length = np.linalg.norm(values)
    return np.array([value / length for value in values], np.float32)


def directions(random: np.random.Generator, amount: int, dimensions: int) -> Matrix:
    vectors = random.standard_normal((amount, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


RIGHT, UP = direction(1, 0), direction(0, 1)


class TestSearch:
    @pytest.mark.parametrize("components", [None, 8])
    def test_answers_as_brute_force_does_through_thousands_of_replacements_and_deletes(
        self, make: Make, components: int | None
    ) -> None:
        random = np.random.default_rng(7)
        sample = random.standard_normal((100, 16)).astype(np.float32)
        projection = Projection.learn(space(16), sample, 100, components)
        index = make(projection, None)
        model = BruteForce(projection)
        for number in range(60):
            writes: dict[str, Entry | None] = {}
            for key in random.choice(300, size=40, replace=False):
                entry = Entry(random.standard_normal(16).astype(np.float32), metadata={"written": number})
                writes[f"image-{key}"] = None if random.random() < 0.4 else entry
            index.apply(writes)
            model.apply(writes)
            recent = Filter(metadata=(Range(key="written", gte=number - 2),))
            queries = random.standard_normal((2, 16)).astype(np.float32)
            assert_same(index, model, [Query(queries[0], 10), Query(queries[1], 10, offset=3, filter=recent)])

    def test_an_empty_index_finds_nothing(self, new: NewIndex) -> None:
        index = new(2)
        assert ask(index, UP) == []
        index.apply({"a": Entry(RIGHT)})
        index.apply({"a": None})
        assert ask(index, UP) == []
        assert len(index) == 0

    def test_more_results_than_images_gives_all(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"b": Entry(direction(1, 0.5)), "a": Entry(direction(1, 0.7))})
        assert [hit.id for hit in ask(index, RIGHT, 1000)] == ["b", "a"]

    def test_of_equally_distant_images_the_smallest_ids_are_found(self, new: NewIndex) -> None:
        index = new(4)
        same = np.full(4, 0.5, np.float32)
        for number in np.random.default_rng(1).permutation(500):
            index.apply({f"{number:04}": Entry(same)})
        assert [hit.id for hit in ask(index, same, 3)] == ["0000", "0001", "0002"]
        assert [hit.id for hit in index.search([Query(same, 2, offset=250)])[0]] == ["0250", "0251"]

    def test_an_image_is_at_distance_zero_of_itself_and_near_duplicates_are_told_apart(self, new: NewIndex) -> None:
        random = np.random.default_rng(3)
        index = new(4864)
        vectors = directions(random, 50, 4864)
        nearly = vectors[0].copy()
        nearly[0] += np.float32(1e-6)
        entries = {f"image-{number}": Entry(vector) for number, vector in enumerate(vectors)}
        index.apply(entries | {"nearly": Entry(nearly)})
        assert all(hits[0].distance < 1e-6 for hits in index.search([Query(vector, 1) for vector in vectors]))
        itself, other = ask(index, vectors[0], 2)
        assert (itself.id, other.id) == ("image-0", "nearly")
        assert other.distance == pytest.approx(1e-6, rel=0.3)

    @pytest.mark.parametrize("kind", [*FAR_SIGHTED, QDRANT])
    def test_near_duplicates_are_told_apart_far_from_the_origin(self, new: NewIndex) -> None:
        vectors = 1000 * directions(np.random.default_rng(3), 50, 512)
        nearly = vectors[0].copy()
        nearly[0] += 0.001
        index = new(512)
        entries = {f"image-{number}": Entry(vector) for number, vector in enumerate(vectors)}
        index.apply(entries | {"nearly": Entry(nearly)})
        itself, other = ask(index, vectors[0], 2)
        assert (itself.id, itself.distance, other.id) == ("image-0", 0, "nearly")
        assert other.distance == pytest.approx(0.001, rel=0.1)

    def test_several_queries_at_once_are_answered_as_one_after_the_other(self, new: NewIndex) -> None:
        random = np.random.default_rng(5)
        index = new(8)
        index.apply({f"{number:03}": Entry(vector) for number, vector in enumerate(directions(random, 300, 8))})
        queries = [
            Query(vector, k, filter=Filter(not_ids=(f"{k:03}",)))
            for vector, k in zip(directions(random, 32, 8), range(1, 320, 10), strict=True)
        ]
        assert index.search(queries) == [index.search([query])[0] for query in queries]

    def test_k_images_are_found_when_k_meet_the_filter_however_near_the_others_are(self, new: NewIndex) -> None:
        index = new(2)
        near = {f"near-{number:03}": Entry(direction(1, number / 1000), "cat") for number in range(300)}
        far = {f"far-{number}": Entry(direction(-1, number), "dog") for number in range(5)}
        index.apply(near | far)
        [hits] = index.search([Query(RIGHT, 5, filter=Filter(labels=("dog",)))])
        assert [hit.id for hit in hits] == ["far-4", "far-3", "far-2", "far-1", "far-0"]

    def test_a_filter_is_met_by_what_an_image_says_now(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"a": Entry(UP, "cat", {"year": 2004}), "b": Entry(RIGHT, "dog", {"year": 2005})})
        index.apply({"a": Entry(UP, "dog", {})})
        assert [hit.id for hit in index.search([Query(UP, 5, filter=Filter(labels=("dog",)))])[0]] == ["a", "b"]
        assert index.search([Query(UP, 5, filter=Filter(labels=("cat",)))]) == [[]]
        recent = Filter(metadata=(Range(key="year", gte=2000),))
        assert [hit.id for hit in index.search([Query(UP, 5, filter=recent)])[0]] == ["b"]

    def test_scores_fall_from_one_and_percentiles_tell_the_share_of_pairs_that_are_farther_apart(
        self, new: NewIndex
    ) -> None:
        index = new(2, "cosine")
        index.apply({"east": Entry(RIGHT), "north": Entry(UP), "west": Entry(-RIGHT)})
        hits = ask(index, RIGHT)
        assert [(hit.id, hit.score) for hit in hits] == [
            ("east", 1),
            ("north", pytest.approx(0)),
            ("west", pytest.approx(-1)),
        ]
        # Of the three pairs two are a right angle apart, and one a straight one.
        assert [hit.percentile for hit in hits] == pytest.approx([1, 1 / 3, 0])

    def test_one_image_alone_has_no_percentile(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"a": Entry(UP), "b": Entry(RIGHT)})
        index.apply({"b": None})
        [hit] = index.search([Query(UP, 5, min_percentile=0.9)])[0]
        assert hit.percentile is None

    def test_an_image_that_looks_like_a_nearer_one_is_left_out_and_the_next_takes_its_place(
        self, new: NewIndex
    ) -> None:
        index = new(3, "cosine")
        burst = {f"burst-{number:03}": Entry(direction(1, number / 10_000, 0)) for number in range(200)}
        index.apply(burst | {"other": Entry(direction(1, 0, 1)), "last": Entry(direction(0, 0, 1))})
        query = direction(1, 0, 0)
        [hits] = index.search([Query(query, 2, collapse=0.99)])
        assert [hit.id for hit in hits] == ["burst-000", "other"]
        [hits] = index.search([Query(query, 2, offset=1, collapse=0.99)])
        assert [hit.id for hit in hits] == ["other", "last"]

    def test_a_zero_vector_is_found_like_any_other(self, new: NewIndex) -> None:
        index = new(2, "cosine")
        index.apply({"zero": Entry(np.zeros(2, np.float32)), "up": Entry(UP)})
        assert {hit.id for hit in ask(index, UP)} == {"zero", "up"}
        assert ask(index, np.zeros(2, np.float32))[0].id == "zero"


class TestApply:
    def test_removing_what_is_not_there_changes_nothing(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"a": None})
        index.apply({})
        assert len(index) == 0

    def test_a_vector_of_another_length_is_refused_and_nothing_is_applied(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"b": Entry(UP)})
        with pytest.raises(ValueError, match="2 dimensions"):
            index.apply({"a": Entry(UP), "b": None, "c": Entry(np.zeros(3, np.float32))})
        assert [hit.id for hit in ask(index, UP)] == ["b"]

    def test_the_index_keeps_its_own_copy_of_a_vector(self, new: NewIndex) -> None:
        index = new(2)
        vector: NDArray[np.float32] = RIGHT.copy()
        index.apply({"a": Entry(vector)})
        vector[:] = UP
        assert ask(index, RIGHT, 1)[0].distance == 0

    def test_queries_during_writes_see_each_batch_whole_in_memory_and_nothing_that_was_removed_anywhere(
        self, new: NewIndex, kind: str
    ) -> None:
        index = new(4)
        removed: list[str] = []
        ended = threading.Event()
        faults: list[str] = []
        answers: list[int] = []

        def observe() -> None:
            random = np.random.default_rng(threading.get_ident() % 2**32)
            while not ended.is_set():
                gone = set(removed)
                found = {hit.id for hit in ask(index, directions(random, 1, 4)[0])}
                if found & gone:
                    faults.append("an image was found after its removal")
                if kind != QDRANT and any(_partner(key) not in found for key in found):
                    faults.append("half a batch was seen")
                answers.append(len(found))

        threads = [threading.Thread(target=observe) for _ in range(2)]
        for thread in threads:
            thread.start()
        random = np.random.default_rng(0)
        for number in range(10_000):
            if number >= 100 and len(answers) > 10:
                break
            pair = (f"left-{number}", f"right-{number}")
            index.apply({key: Entry(directions(random, 1, 4)[0]) for key in pair})
            if number >= 25:
                pair = (f"left-{number - 25}", f"right-{number - 25}")
                index.apply(dict.fromkeys(pair))
                removed.extend(pair)
        ended.set()
        for thread in threads:
            thread.join()
        assert not faults
        assert len(answers) > 10
        assert len(index) == 50


class TestReading:
    def test_distances_to_images_are_those_of_a_search_and_unknown_ones_are_left_out(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"a": Entry(RIGHT), "b": Entry(UP), "c": Entry(UP)})
        index.apply({"c": None})
        query = direction(1, 2)
        found = {hit.id: hit.distance for hit in ask(index, query)}
        assert index.distances(dict.fromkeys(["a", "b", "c", "nobody"], query)) == pytest.approx(found)
        assert index.distances({"a": RIGHT, "b": UP}) == {"a": 0, "b": 0}
        assert index.distances({}) == {}

    def test_ids_are_read_in_pages_in_their_order(self, new: NewIndex) -> None:
        index = new(2)
        for key in ("b", "a", "C", "10", "9", "b2"):
            index.apply({key: Entry(UP)})
        index.apply({"a": None})
        assert index.ids("", 3) == ["10", "9", "C"]
        assert index.ids("C", 3) == ["b", "b2"]
        assert index.ids("A", 1) == ["C"]
        assert index.ids("b2", 3) == []

    def test_ids_of_a_filter_are_read_in_pages_and_counted(self, new: NewIndex) -> None:
        index = new(2)
        for number in range(20):
            index.apply({f"{number:02}": Entry(UP, "even" if number % 2 == 0 else None, {"n": number})})
        index.apply({"04": None})
        index.apply({"05": Entry(RIGHT, "even")})
        even = Filter(labels=("even",), not_ids=("08",))
        assert index.ids("", 4, even) == ["00", "02", "05", "06"]
        assert index.ids("06", 100, even) == ["10", "12", "14", "16", "18"]
        assert index.count(even) == 9
        assert index.count(Filter()) == len(index) == 19
        assert index.count(Filter(metadata=(Range(key="n", gte=18),))) == 2

    def test_labels_are_counted_in_pages_in_their_order(self, new: NewIndex) -> None:
        index = new(2)
        assert index.labels("", 10) == []
        for number in range(30):
            index.apply({f"{number}": Entry(UP, f"label-{number % 7}" if number < 28 else None)})
        index.apply({"0": None, "1": Entry(UP, "label-0"), "2": Entry(UP), **{f"{n}": None for n in range(6, 28, 7)}})
        expected = {"label-0": 4, "label-1": 3, "label-2": 3, "label-3": 4, "label-4": 4, "label-5": 4}
        every = index.labels("", 10)
        assert {one.label: one.images for one in every} == expected
        assert [one.label for one in every] == sorted(expected)
        assert index.labels("", 2) == every[:2]
        assert index.labels("label-1", 3) == every[2:5]
        assert index.labels("label-5", 3) == []

    def test_an_index_is_outgrown_from_a_number_of_images_on(self, new: NewIndex) -> None:
        index = new(2, outgrown_at=3)
        for key in ("a", "b", "b"):
            index.apply({key: Entry(UP)})
        assert not index.outgrown
        index.apply({"c": Entry(UP)})
        assert index.outgrown
        index.apply({"c": None})
        assert not index.outgrown


class TestGroups:
    def test_are_stars_around_the_first_id_and_no_chain_joins_them(self, new: NewIndex) -> None:
        index = new(2, "cosine")
        angles = {"b": 0, "d": 0.1, "c": 0.2, "e": 0.3, "a": 1.5, "f": 1.55, "lonely": 3}
        for key, angle in angles.items():
            index.apply({key: Entry(direction(np.cos(angle), np.sin(angle)))})
        near = float(np.cos(0.15))
        found = index.groups(near, lambda _: None)
        assert [group.ids for group in found] == [("a", "f"), ("b", "d"), ("c", "e")]
        assert [group.scores[0] for group in found] == [1, 1, 1]
        assert [group.scores[1] for group in found] == pytest.approx([np.cos(0.05), np.cos(0.1), np.cos(0.1)])
        assert [group.ids for group in index.groups(float(np.cos(0.25)), lambda _: None)] == [
            ("a", "f"),
            ("b", "d", "c"),
        ]

    def test_follow_writes_and_removals(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"a": Entry(RIGHT), "b": Entry(RIGHT), "c": Entry(RIGHT), "d": Entry(UP)})
        assert [group.ids for group in index.groups(1, lambda _: None)] == [("a", "b", "c")]
        index.apply({"a": None, "c": Entry(UP)})
        assert [group.ids for group in index.groups(1, lambda _: None)] == [("c", "d")]
        index.apply({"d": None})
        assert index.groups(1, lambda _: None) == []
        index.apply(dict.fromkeys("bc"))
        assert index.groups(1, lambda _: None) == []

    @pytest.mark.parametrize("least_score", [0.5, 0.9, 0.99])
    def test_are_those_of_the_plain_algorithm_over_hundreds_of_images(
        self, new: NewIndex, metric: Metric, least_score: float
    ) -> None:
        random = np.random.default_rng(5)
        centres = directions(random, 150, 16)
        vectors = centres[random.integers(0, 150, 700)] + np.float32(0.05) * directions(random, 700, 16)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        keys = [f"{number:04}" for number in random.permutation(700)]
        index = new(16)
        for start in range(0, 700, 100):
            some = slice(start, start + 100)
            index.apply({key: Entry(vector) for key, vector in zip(keys[some], vectors[some], strict=True)})
        by_key = dict(sorted(zip(keys, vectors.astype(np.float64), strict=True)))
        told: list[float] = []
        found = index.groups(least_score, told.append)
        assert {group.ids[0]: set(group.ids[1:]) for group in found} == _leaders(by_key, metric, least_score)
        assert [group.ids[0] for group in found] == sorted(group.ids[0] for group in found)
        assert all(list(group.scores) == sorted(group.scores, reverse=True) for group in found)
        assert told == sorted(told)
        assert 0 <= told[0] <= told[-1] <= 1

    def test_of_a_collection_of_one_picture_are_one(self, new: NewIndex) -> None:
        index = new(4)
        index.apply({f"{number:04}": Entry(np.full(4, 0.5, np.float32)) for number in range(3000)})
        [group] = index.groups(0.99, lambda _: None)
        assert group.ids == tuple(f"{number:04}" for number in range(3000))

    def test_can_be_broken_off(self, new: NewIndex) -> None:
        index = new(2)
        index.apply({"a": Entry(RIGHT), "b": Entry(RIGHT)})

        def refuse(_: float) -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            index.groups(0.9, refuse)


def _leaders(vectors: dict[str, NDArray[np.float64]], metric: Metric, least_score: float) -> dict[str, set[str]]:
    """Hartigan's algorithm over a table of all distances."""
    keys, rows = list(vectors), np.stack(list(vectors.values()))
    distances = np.linalg.norm(rows[:, np.newaxis] - rows, axis=2)
    scores = 1 - distances**2 / 2 if metric == "cosine" else 1 / (1 + distances)
    groups: dict[int, set[str]] = {}
    for number, key in enumerate(keys):
        leader = next((leader for leader in groups if scores[leader, number] >= least_score), None)
        if leader is None:
            groups[number] = set()
        else:
            groups[leader].add(key)
    return {keys[leader]: members for leader, members in groups.items() if members}


def test_compact_storage_finds_999_of_1000_nearest_neighbours(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    centres = random.standard_normal((200, 128))
    points = centres[random.integers(0, 200, 20_200)] + 0.5 * random.standard_normal((20_200, 128))
    vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    stored, queries = vectors[:20_000], vectors[20_000:]
    index = new_index("int8", tmp_path, 128)
    index.apply({f"{number:05}": Entry(vector) for number, vector in enumerate(stored)})
    found = 0
    cosines = queries.astype(np.float64) @ stored.T.astype(np.float64)
    for hits, own in zip(index.search([Query(query, 10) for query in queries]), cosines, strict=True):
        nearest = {f"{number:05}" for number in np.argpartition(own, -10)[-10:]}
        found += len(nearest & {hit.id for hit in hits})
    assert found >= 0.999 * 10 * len(queries)


def _partner(key: str) -> str:
    side, _, number = key.partition("-")
    return f"{'left' if side == 'right' else 'right'}-{number}"
