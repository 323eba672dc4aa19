"""Which recipe a collection's images are embedded with."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.embedding import RecipeName
from shared.contracts.problem import FieldError
from shared.errors import EmbeddingSpaceMismatch, InvalidRequest

Answer = TypeVar("Answer")

_REMEMBERED = 1000
"""Collections whose recipes are kept in mind; a stranger may name any number."""


class Recipes:
    """Embeds by the right recipe without asking for it each time.

    A collection has one recipe, but names may change their meaning: a collection is deleted and made anew, an alias is
    switched, perhaps through another gateway. So nothing here is believed: what worked last for a name is a guess, and
    the embedder's default where nothing is known. The search service compares the embedding space of every vector with
    the collection's, and refuses one that does not fit; then it is asked for the recipe, and the work is done once
    more. A wrong guess costs a second embedding and never makes a wrong answer, and the usual case, a collection of the
    default recipe, costs no call at all.

    Args:
        embedder: Knows the recipes that there are.
        search: Knows those of the collections.
    """

    def __init__(self, embedder: EmbedderClient, search: SearchClient) -> None:
        self._embedder = embedder
        self._search = search
        self._guesses: OrderedDict[str, RecipeName] = OrderedDict()

    async def require(self, recipe: RecipeName) -> None:
        """Refuse a recipe that the embedder does not have.

        Raises:
            InvalidRequest: There is no such recipe.
        """
        names = [known.name for known in (await self._embedder.recipes()).recipes]
        if recipe not in names:
            message = f"one of {', '.join(names)}"
            raise InvalidRequest(f"There is no recipe {recipe}.", (FieldError(field="body.recipe", message=message),))

    async def of(self, collection: str) -> RecipeName | None:
        """Ask for a collection's recipe; None is the embedder's default."""
        return (await self._search.collection(collection)).recipe

    async def embedding(self, collection: str, work: Callable[[RecipeName | None], Awaitable[Answer]]) -> Answer:
        """Do work that embeds for a collection by the recipe that it is given.

        Raises:
            EmbeddingSpaceMismatch: The collection's vectors are of other weights.
        """
        guess = self._guesses.get(collection)
        try:
            return await work(guess)
        except EmbeddingSpaceMismatch:
            recipe = await self.of(collection)
            if recipe == guess:
                raise
            self._remember(collection, recipe)
            return await work(recipe)

    def _remember(self, collection: str, recipe: RecipeName | None) -> None:
        self._guesses.pop(collection, None)
        if recipe is not None:
            self._guesses[collection] = recipe
        if len(self._guesses) > _REMEMBERED:
            self._guesses.popitem(last=False)
