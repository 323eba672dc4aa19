"""Collections and aliases: make, list, describe, switch, remove."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response

from services.gateway.api.access import ALL_COLLECTIONS, CallerDep, across
from services.gateway.api.dependencies import CollectionRecipes, Search
from shared.contracts.base import CollectionName
from shared.contracts.collections import (
    AliasList,
    AliasTarget,
    Collection,
    CollectionList,
    CollectionPatch,
    DeletedAlias,
    DeletedCollection,
    NewCollection,
    StoredAlias,
    StoredCollection,
)
from shared.errors import Conflict, LimitReached, NotFound
from shared.openapi import refusals

Name = Annotated[CollectionName, Path(description="Name of the collection, or an alias of it.", examples=["garden"])]
RealName = Annotated[CollectionName, Path(description="Name of the collection.", examples=["garden"])]
AliasName = Annotated[CollectionName, Path(description="The alias.", examples=["plants"])]

_CREATED_OR_NOT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The collection was there before, and the same is said of it.", "model": StoredCollection},
    201: {"description": "The collection is new.", "model": StoredCollection},
}
_NEW = {
    "plain": {"summary": "As the settings have it", "value": {"name": "garden"}},
    "described": {
        "summary": "With all that can be said",
        "value": {
            "name": "garden",
            "recipe": "pooled",
            "projection": "centre",
            "description": "What grows behind the house",
        },
    },
}
_PATCH = {"description": {"summary": "Another description", "value": {"description": "What grew behind the house"}}}
_TARGET = {"target": {"summary": "Switch to the collection `garden-2`", "value": {"collection": "garden-2"}}}

_READ = [across("search")]
_MANAGE = [across("admin")]
_MANAGE_ALIASES = [across("admin"), ALL_COLLECTIONS]

router = APIRouter(prefix="/v1", tags=["collections"])


@router.post(
    "/collections",
    summary="Make a collection",
    responses=_CREATED_OR_NOT | refusals(Conflict, LimitReached),
    dependencies=_MANAGE,
)
async def create_collection(
    response: Response,
    caller: CallerDep,
    search: Search,
    recipes: CollectionRecipes,
    new: Annotated[NewCollection, Body(openapi_examples=_NEW)],
) -> StoredCollection:
    """Make an empty collection. Done again it changes nothing; where something else is said of it, it is a conflict.

    The recipe and the projection are fixed from then on. A collection also comes into being with its first image, with
    what the settings say.
    """
    caller.require_collection(new.name)
    if new.recipe is not None:
        await recipes.require(new.recipe)
    facts = new.model_dump(exclude={"name"})
    stored = await search.create_collection(new.name, **facts)
    response.status_code = 201 if stored.created else 200
    response.headers["location"] = f"/v1/collections/{new.name}"
    return stored


@router.get("/collections", summary="List collections", dependencies=_READ)
async def list_collections(caller: CallerDep, search: Search) -> CollectionList:
    """Describe all collections in the order of their names; a key sees those that it opens."""
    held = await search.collections()
    return CollectionList(collections=tuple(one for one in held.collections if caller.may_see(one.name)))


@router.get("/collections/{name}", summary="Describe a collection", responses=refusals(NotFound), dependencies=_READ)
async def get_collection(caller: CallerDep, search: Search, name: Name) -> Collection:
    """Answer with what is known of a collection: its size, its recipe and space, its aliases."""
    caller.require_collection(name)
    return await search.collection(name)


@router.patch(
    "/collections/{name}",
    summary="Change a collection's description",
    responses=refusals(NotFound),
    dependencies=_MANAGE,
)
async def describe_collection(
    caller: CallerDep, search: Search, name: Name, patch: Annotated[CollectionPatch, Body(openapi_examples=_PATCH)]
) -> StoredCollection:
    """Replace the description."""
    caller.require_collection(name)
    return await search.describe_collection(name, patch.description)


@router.delete(
    "/collections/{name}", summary="Remove a collection", responses=refusals(Conflict, NotFound), dependencies=_MANAGE
)
async def delete_collection(caller: CallerDep, search: Search, name: RealName) -> DeletedCollection:
    """Remove a collection with its aliases and all its images. Once this is answered, no search shows any of them.

    `default` is emptied by it, and may get another embedding space with its next image.
    """
    caller.require_collection(name)
    return await search.delete_collection(name)


@router.get("/aliases", summary="List aliases", dependencies=[*_READ, ALL_COLLECTIONS])
async def list_aliases(search: Search) -> AliasList:
    """Answer with all aliases and the collections that they stand for."""
    return await search.aliases()


@router.put(
    "/aliases/{alias}",
    summary="Let an alias stand for a collection",
    responses=refusals(Conflict, LimitReached, NotFound),
    dependencies=_MANAGE_ALIASES,
)
async def put_alias(
    search: Search, alias: AliasName, target: Annotated[AliasTarget, Body(openapi_examples=_TARGET)]
) -> StoredAlias:
    """Make an alias, or switch it from the collection that it stood for, at once. It can be named in its place."""
    return await search.put_alias(alias, target.collection)


@router.delete(
    "/aliases/{alias}", summary="Remove an alias", responses=refusals(NotFound), dependencies=_MANAGE_ALIASES
)
async def delete_alias(search: Search, alias: AliasName) -> DeletedAlias:
    """Remove an alias; the collection that it stands for stays."""
    return await search.delete_alias(alias)
