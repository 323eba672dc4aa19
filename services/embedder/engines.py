"""An extractor for each recipe, loaded when it is first needed, with the queues before it."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.embedder.batching import Batcher, BatchMetrics
from services.embedder.loading import BackgroundLoad
from services.embedder.pooling import Map
from services.embedder.ports import Extractor
from services.embedder.recipes import Recipe
from shared.contracts.embedding import KnownRecipe, RecipeList, RecipeName
from shared.contracts.health import Readiness
from shared.errors import InvalidRequest

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Queues:
    """How much gathers before the network.

    Attributes:
        max_batch: Most images in one call.
        limit: Most images that wait.
        metrics: Where it is told.
    """

    max_batch: int
    limit: int
    metrics: BatchMetrics


class Engine:
    """The extractor of one recipe, which may have to be loaded yet, and the ways through it.

    Args:
        load: Loads the extractor.
        thread: Where it is called.
        queues: How much gathers before it.
    """

    def __init__(self, load: BackgroundLoad[Extractor], thread: ThreadPoolExecutor, queues: Queues) -> None:
        sizes = (queues.max_batch, queues.limit, queues.metrics)
        self.load = load
        self.vectors: Batcher[Vector] = Batcher(lambda images: load.result().extract(images), thread, *sizes)
        self.maps: Batcher[Sequence[Map]] = Batcher(
            lambda images: zip(*load.result().maps(images), strict=True), thread, *sizes
        )

    def extractor(self) -> Extractor:
        """Give the extractor.

        Raises:
            NotReady: It is being loaded.
        """
        return self.load.result()


class Engines:
    """The engines by their recipes, between entry and exit.

    The recipes share one thread for inference, in which their batches take turns and never mix. Those that are needed
    from the beginning are loaded at once, any other one when it is first asked for; one is loaded at a time. As there
    are only a few recipes, none is ever given up again.

    Args:
        recipes: Those that there are, by name.
        default: The one that is meant where none is named.
        at_start: Others that are needed from the beginning.
        load: Makes an extractor and tries it out; takes its time.
        queues: How much gathers before each recipe.
        retry_seconds: How long after a failure to load it is tried again.

    Raises:
        ValueError: One of those that are needed from the beginning is none of the recipes.
    """

    def __init__(
        self,
        recipes: Mapping[RecipeName, Recipe],
        default: RecipeName,
        at_start: Collection[RecipeName],
        load: Callable[[Recipe], Extractor],
        queues: Queues,
        retry_seconds: float,
    ) -> None:
        if unknown := {default, *at_start} - recipes.keys():
            raise ValueError(f"there is no recipe {unknown.pop()}; there are {', '.join(recipes)}")
        self._recipes = recipes
        self._default = default
        self._at_start = (default, *at_start)
        self._load = load
        self._queues = queues
        self._retry_seconds = retry_seconds
        self._one_at_a_time = threading.Lock()
        self._engines: dict[RecipeName, Engine] = {}
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        thread = self._opened.enter_context(ThreadPoolExecutor(1, thread_name_prefix="inference"))
        for name, recipe in self._recipes.items():
            what = "extractor" if name == self._default else f"extractor of the recipe {name}"
            load = BackgroundLoad(partial(self._loaded, recipe), what, self._retry_seconds)
            engine = Engine(load, thread, self._queues)
            await self._opened.enter_async_context(engine.vectors)
            await self._opened.enter_async_context(engine.maps)
            self._opened.callback(load.stop)
            self._engines[name] = engine
        for name in self._at_start:
            self._engines[name].load.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    def get(self, recipe: RecipeName | None = None) -> Engine:
        """Give the engine of a recipe; where nobody has asked for it before, it begins to load.

        Raises:
            InvalidRequest: There is no such recipe.
        """
        engine = self._engines.get(self._default if recipe is None else recipe)
        if engine is None:
            raise InvalidRequest(f"There is no recipe {recipe}; there are {', '.join(self._recipes)}.")
        engine.load.start()
        return engine

    def describe(self) -> RecipeList:
        """Tell which recipes there are."""
        known = (
            KnownRecipe(
                name=name,
                description=recipe.description,
                dimensions=recipe.dimensions,
                metric=recipe.metric,
                loaded=self._engines[name].load.done,
            )
            for name, recipe in self._recipes.items()
        )
        return RecipeList(default=self._default, recipes=tuple(known))

    async def readiness(self) -> Readiness:
        """Say whether the recipes that are needed from the beginning are there."""
        answers = [await self._engines[name].load.readiness() for name in dict.fromkeys(self._at_start)]
        return Readiness(
            ready=all(answer.ready for answer in answers),
            waiting_for=tuple(part for answer in answers for part in answer.waiting_for),
        )

    def _loaded(self, recipe: Recipe) -> Extractor:
        with self._one_at_a_time:
            return self._load(recipe)
