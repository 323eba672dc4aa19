"""Collections, and the other names that they go by."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.search.api.bodies import document, read_document
from services.search.api.dependencies import Collection, CollectionsDep, Named
from shared import wire
from shared.contracts import collections as contracts
from shared.contracts.base import CollectionName
from shared.contracts.collections import (
    AliasList,
    AliasTarget,
    CollectionList,
    CollectionPatch,
    DeletedAlias,
    DeletedCollection,
    NewCollection,
    StoredAlias,
    StoredCollection,
)

AliasName = Annotated[CollectionName, Path(description="The alias.")]

router = APIRouter(prefix="/v1", tags=["collections"])


@router.post(
    "/collections",
    summary="Make a collection",
    responses={200: {"model": StoredCollection}, 201: {"model": StoredCollection}},
    openapi_extra=document(NewCollection),
)
async def create_collection(request: Request, collections: CollectionsDep) -> Response:
    """Make an empty collection: 201, or 200 where there is one already that the same is said of."""
    answer = await collections.create(await read_document(request, NewCollection))
    return wire.respond(request, answer, 201 if answer.created else 200)


@router.get("/collections", summary="List collections", responses={200: {"model": CollectionList}})
async def list_collections(request: Request, collections: CollectionsDep) -> Response:
    """Describe all collections in the order of their names."""
    return wire.respond(request, await collections.list())


@router.get(
    "/collections/{collection}", summary="Describe a collection", responses={200: {"model": contracts.Collection}}
)
async def get_collection(request: Request, collection: Collection, collections: CollectionsDep) -> Response:
    """Say what is known of a collection."""
    return wire.respond(request, await collections.get(collection))


@router.patch(
    "/collections/{collection}",
    summary="Change a collection's description",
    responses={200: {"model": StoredCollection}},
    openapi_extra=document(CollectionPatch),
)
async def describe_collection(request: Request, collection: Collection, collections: CollectionsDep) -> Response:
    """Replace the description; all else is fixed when a collection is made."""
    patch = await read_document(request, CollectionPatch)
    return wire.respond(request, await collections.describe(collection, patch.description))


@router.delete(
    "/collections/{collection}", summary="Remove a collection", responses={200: {"model": DeletedCollection}}
)
async def delete_collection(request: Request, collection: Named, collections: CollectionsDep) -> Response:
    """Remove a collection with all its images and aliases; when the answer is there, no query shows any of it."""
    return wire.respond(request, await collections.delete(collection))


@router.get("/aliases", summary="List aliases", responses={200: {"model": AliasList}})
async def list_aliases(request: Request, collections: CollectionsDep) -> Response:
    """Give all aliases in their order."""
    return wire.respond(request, await collections.aliases())


@router.put(
    "/aliases/{alias}",
    summary="Let an alias stand for a collection",
    responses={200: {"model": StoredAlias}},
    openapi_extra=document(AliasTarget),
)
async def put_alias(request: Request, alias: AliasName, collections: CollectionsDep) -> Response:
    """Make an alias, or switch it at once from the collection that it stood for."""
    target = await read_document(request, AliasTarget)
    return wire.respond(request, await collections.put_alias(alias, target.collection))


@router.delete("/aliases/{alias}", summary="Remove an alias", responses={200: {"model": DeletedAlias}})
async def delete_alias(request: Request, alias: AliasName, collections: CollectionsDep) -> Response:
    """Remove an alias; the collection stays."""
    return wire.respond(request, await collections.delete_alias(alias))
