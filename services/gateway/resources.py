"""Records of the search service as resources of the public API: the same facts, with links."""

from urllib.parse import urlencode

from services.gateway.searches import Answer
from shared.contracts.base import DEFAULT_COLLECTION
from shared.contracts.duplicates import DuplicateGroup, DuplicateReport
from shared.contracts.gateway import (
    DuplicateImage,
    DuplicateList,
    Duplicates,
    HeatMapResponse,
    Image,
    ImageLinks,
    SearchResponse,
    SearchResult,
    StoredImage,
)
from shared.contracts.heatmap import HeatMap
from shared.contracts.inclusion import Included
from shared.contracts.search import CommitResponse, ImageRecord, Neighbour


def links(record: ImageRecord) -> ImageLinks:
    """Give the paths that belong to an image; ids and collection names need no escaping by their patterns."""
    path = f"/v1/images/{record.id}"
    where = {} if record.collection == DEFAULT_COLLECTION else {"collection": record.collection}
    # Files are named with the digest of the bytes that were found: what such an address answers can be kept.
    what = where | {"sha256": record.sha256}
    return ImageLinks(
        self=_address(path, where),
        content=_address(f"{path}/content", what),
        thumbnail=_address(f"{path}/thumbnail", what),
        similar=_address(f"{path}/similar", where),
    )


def _address(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def image(record: ImageRecord) -> Image:
    """Show a record."""
    return Image(**record.model_dump(), links=links(record))


def stored_image(commit: CommitResponse) -> StoredImage:
    """Show what a write has made."""
    return StoredImage(image=image(commit.record), created=commit.created)


def search_response(answer: Answer) -> SearchResponse:
    """Show the neighbours that were found."""
    found = answer.found
    return SearchResponse(
        collection=found.collection,
        space=found.space,
        revision=found.revision,
        results=tuple(map(_result, found.neighbours, answer.included)),
        timings=found.timings,
    )


def duplicates(report: DuplicateReport, next_cursor: str | None) -> DuplicateList:
    """Show groups of images that look the same."""
    return DuplicateList(
        ready=report.ready,
        progress=report.progress,
        revision=report.revision,
        groups=tuple(map(_group, report.groups)),
        next_cursor=next_cursor,
    )


def _group(group: DuplicateGroup) -> Duplicates:
    images = tuple(
        DuplicateImage(**one.record.model_dump(), links=links(one.record), score=one.score) for one in group.images
    )
    return Duplicates(size=group.size, images=images, decisions=group.decisions)


def heatmap(record: ImageRecord, found: HeatMap) -> HeatMapResponse:
    """Show where a stored image matches the upload."""
    return HeatMapResponse(
        id=record.id,
        collection=record.collection,
        space=found.space,
        score=found.score,
        query=found.query,
        image=found.candidate,
        links=links(record),
    )


def _result(neighbour: Neighbour, included: Included | None) -> SearchResult:
    record = neighbour.record
    return SearchResult(
        id=record.id,
        distance=neighbour.distance,
        score=neighbour.score,
        percentile=neighbour.percentile,
        label=record.label,
        metadata=record.metadata,
        width=record.width,
        height=record.height,
        links=links(record),
        included=included,
    )
