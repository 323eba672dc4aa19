"""All images of a collection or a filter: their labels, what was written to them, and removing them."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from services.gateway.api.access import ADMIN, SEARCH
from services.gateway.api.cursors import LABEL, Cursor, decoded, encoded
from services.gateway.api.dependencies import Collection, ImageRemovals, Search
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.gateway import LabelList, RemovalRequest, RemovedImages
from shared.contracts.search import ChangePage
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.openapi import refusals

router = APIRouter(prefix="/v1", tags=["images"])


@router.get("/labels", summary="List labels", responses=refusals(NotFound), dependencies=SEARCH)
async def list_labels(
    search: Search,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many labels a page.")] = 100,
    cursor: Cursor = None,
    collection: Collection = DEFAULT_COLLECTION,
) -> LabelList:
    """List the labels of a collection in their order, each with the number of images that have it."""
    page = await search.labels(collection, decoded(cursor, LABEL), limit)
    return LabelList(labels=page.labels, next_cursor=encoded(page.next_after))


@router.get("/changes", summary="Follow what is written", responses=refusals(NotFound), dependencies=SEARCH)
async def list_changes(
    search: Search,
    since: Annotated[int, Query(ge=0, lt=2**63, description="Writes up to this revision are passed over.")] = 0,
    collection: Collection = DEFAULT_COLLECTION,
) -> ChangePage:
    """List images that were added, changed or removed after a revision, so that another system can keep level."""
    return await search.changes(collection, since)


@router.post(
    "/images/delete",
    summary="Remove all images of a filter",
    responses=refusals(Conflict, NotFound),
    dependencies=ADMIN,
)
async def delete_images(
    removals: ImageRemovals, request: Annotated[RemovalRequest, Body()], collection: Collection = DEFAULT_COLLECTION
) -> RemovedImages:
    """Tell what would be removed; or remove it, where `count` is what was told, or `any_count` is true.

    Of very many images the answer comes when some are removed: `remaining` says how many are left.
    """
    if request.dry_run:
        return await removals.survey(collection, request.filter)
    if request.count is None and not request.any_count:
        raise InvalidRequest("Give the `count` that the dry run has told, or set `any_count`.")
    return await removals.remove(collection, request.filter, None if request.any_count else request.count)
