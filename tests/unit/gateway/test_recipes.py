"""How the gateway finds the recipe of a collection without asking for it."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from services.gateway.recipes import Recipes
from shared import wire
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.collections import Collection
from shared.errors import EmbeddingSpaceMismatch


class Collections:
    """Says of each collection what its recipe is, and counts how often it is asked."""

    def __init__(self, **recipes: str | None) -> None:
        self.recipes = recipes
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        name = request.url.path.rpartition("/")[2]
        facts = {"images": 0, "space": None, "projection": None, "description": "", "aliases": (), "created_at": None}
        held = Collection.model_validate({**facts, "name": name, "recipe": self.recipes[name]})
        return httpx.Response(200, content=wire.encode(held), headers={"content-type": wire.MSGPACK})

    def work(self, name: str, done: list[str | None]) -> Callable[[str | None], Awaitable[str]]:
        """Work that only the collection's recipe can do; the embedder's default is `multilayer`."""

        async def embed(recipe: str | None) -> str:
            done.append(recipe)
            if (recipe or "multilayer") != (self.recipes[name] or "multilayer"):
                raise EmbeddingSpaceMismatch
            return recipe or "multilayer"

        return embed


def recipes_of(collections: Collections) -> Recipes:
    http = httpx.AsyncClient(transport=httpx.MockTransport(collections), base_url="http://service")
    return Recipes(EmbedderClient("embedder", http), SearchClient("search", http))


async def test_a_collection_of_the_default_recipe_costs_no_question() -> None:
    collections = Collections(default=None)
    done: list[str | None] = []
    assert await recipes_of(collections).embedding("default", collections.work("default", done)) == "multilayer"
    assert (done, collections.asked) == ([None], 0)


async def test_another_recipe_is_asked_for_once_and_kept_in_mind() -> None:
    collections = Collections(garden="pooled")
    recipes = recipes_of(collections)
    done: list[str | None] = []
    for _ in range(3):
        assert await recipes.embedding("garden", collections.work("garden", done)) == "pooled"
    assert (done, collections.asked) == ([None, "pooled", "pooled", "pooled"], 1)


async def test_a_recipe_that_has_changed_is_noticed_by_the_refusal() -> None:
    collections = Collections(garden="pooled")
    recipes = recipes_of(collections)
    done: list[str | None] = []
    for recipe in ("pooled", "classic", None, "classic"):
        collections.recipes["garden"] = recipe
        expected = recipe or "multilayer"
        assert await recipes.embedding("garden", collections.work("garden", done)) == expected


async def test_a_space_that_no_recipe_helps_against_is_told() -> None:
    collections = Collections(old=None, other="pooled")
    recipes = recipes_of(collections)

    async def embed(_: str | None) -> str:
        raise EmbeddingSpaceMismatch("Other weights.")

    for name in ("old", "other"):
        with pytest.raises(EmbeddingSpaceMismatch, match="Other weights"):
            await recipes.embedding(name, embed)
