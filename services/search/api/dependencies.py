"""What handlers ask for by name: the typed state of the app, and the forms of their parameters."""

from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Path, Query, Request

from services.search.catalogue import Catalogue
from services.search.checking import Checks
from services.search.collections import Collections
from services.search.duplicates import Duplicates
from services.search.selections import Selections
from services.search.startup import Startup
from shared.asgi import ServiceState
from shared.contracts.base import CollectionName, ImageId, Sha256


@dataclass(frozen=True, slots=True)
class Transfers:
    """The bound on image files in memory: how long one may be, and how many are taken in or given out at once."""

    max_bytes: int
    slots: CapacityLimiter


class SearchState(ServiceState):
    """What the lifespan yields."""

    startup: Startup
    catalogue: Catalogue
    collections: Collections
    checks: Checks
    selections: Selections
    duplicates: Duplicates
    transfers: Transfers


async def _catalogue(request: Request) -> Catalogue:
    startup: Startup = request.state.startup
    startup.check()
    catalogue: Catalogue = request.state.catalogue
    return catalogue


async def _checks(request: Request) -> Checks:
    startup: Startup = request.state.startup
    startup.check()
    checks: Checks = request.state.checks
    return checks


async def _selections(request: Request) -> Selections:
    startup: Startup = request.state.startup
    startup.check()
    selections: Selections = request.state.selections
    return selections


async def _duplicates(request: Request) -> Duplicates:
    startup: Startup = request.state.startup
    startup.check()
    duplicates: Duplicates = request.state.duplicates
    return duplicates


async def _collections(request: Request) -> Collections:
    startup: Startup = request.state.startup
    startup.check()
    collections: Collections = request.state.collections
    return collections


async def _transfers(request: Request) -> Transfers:
    transfers: Transfers = request.state.transfers
    return transfers


CatalogueDep = Annotated[Catalogue, Depends(_catalogue)]
CollectionsDep = Annotated[Collections, Depends(_collections)]
ChecksDep = Annotated[Checks, Depends(_checks)]
SelectionsDep = Annotated[Selections, Depends(_selections)]
DuplicatesDep = Annotated[Duplicates, Depends(_duplicates)]
TransfersDep = Annotated[Transfers, Depends(_transfers)]

Named = Annotated[CollectionName, Path(description="Name of the collection.")]


async def _collection(
    collection: Annotated[CollectionName, Path(description="Name of the collection, or an alias of it.")],
    collections: CollectionsDep,
) -> str:
    return await collections.resolve(collection)


Collection = Annotated[str, Depends(_collection)]
"""The real name of the collection that the address names by its name or by an alias."""
Identifier = Annotated[ImageId, Path(description="Id of the image within its collection.")]
Digest = Annotated[Sha256, Path(description="SHA-256 of the bytes in hexadecimal.")]
PageSize = Annotated[int, Query(ge=1, le=1000, description="Most records in the answer.")]
After = Annotated[ImageId | None, Query(description="Continue after this id.")]
