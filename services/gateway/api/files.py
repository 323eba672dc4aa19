"""The files of an image: its bytes and its thumbnail, for clients that keep what they have."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.access import SEARCH
from services.gateway.api.dependencies import Collection, Id, Search
from shared.clients.search import FileAnswer
from shared.contracts.base import DEFAULT_COLLECTION, Sha256
from shared.errors import NotFound, RangeNotSatisfiable
from shared.openapi import Responses, refusals

router = APIRouter(prefix="/v1/images", tags=["images"])

_CONDITIONS = ("if-none-match", "if-range", "range")
_YEAR = 31_536_000

_FILE: Responses = {
    200: {"description": "The file.", "content": {"image/*": {}}},
    206: {"description": "The range of it that was asked for.", "content": {"image/*": {}}},
    304: {"description": "The client has it: `If-None-Match` names its `ETag`."},
    **refusals(NotFound, RangeNotSatisfiable),
}

Wanted = Annotated[
    Sha256 | None,
    Query(
        description="SHA-256 of the image's bytes, as in its links. What such an address answers never changes, so it "
        "may be kept for a year; an image that has other bytes by now is not found there."
    ),
]


@router.head(
    "/{image_id}/content",
    name="head_content",
    summary="Ask about an image's file",
    response_class=Response,
    responses=_FILE,
    dependencies=SEARCH,
)
@router.get(
    "/{image_id}/content", summary="Read an image's file", response_class=Response, responses=_FILE, dependencies=SEARCH
)
async def get_content(
    request: Request, search: Search, image_id: Id, sha256: Wanted = None, collection: Collection = DEFAULT_COLLECTION
) -> Response:
    """Answer with the bytes as they were uploaded, or with a single range of them."""
    answer = await search.file(
        request.method, collection, image_id, "content", sha256=sha256, headers=_conditions(request)
    )
    return _respond(answer, f"max-age={_YEAR}, immutable" if sha256 else "no-cache")


@router.head(
    "/{image_id}/thumbnail",
    name="head_thumbnail",
    summary="Ask about a thumbnail",
    response_class=Response,
    responses=_FILE,
    dependencies=SEARCH,
)
@router.get(
    "/{image_id}/thumbnail",
    summary="Read an image's thumbnail",
    response_class=Response,
    responses=_FILE,
    dependencies=SEARCH,
)
async def get_thumbnail(
    request: Request, search: Search, image_id: Id, sha256: Wanted = None, collection: Collection = DEFAULT_COLLECTION
) -> Response:
    """Answer with a small upright JPEG."""
    answer = await search.file(
        request.method, collection, image_id, "thumbnail", sha256=sha256, headers=_conditions(request)
    )
    # Not immutable: the same bytes, uploaded anew, may be drawn anew by a later version.
    return _respond(answer, f"max-age={_YEAR}" if sha256 else "no-cache")


def _conditions(request: Request) -> dict[str, str]:
    return {name: ", ".join(request.headers.getlist(name)) for name in _CONDITIONS if name in request.headers}


def _respond(answer: FileAnswer, life: str) -> Response:
    # Private: what one client may see need not be for all who share a cache with it.
    kept = {"cache-control": f"private, {life}"} if answer.status < 400 else {}
    return Response(answer.data, answer.status, {**answer.headers, **kept})
