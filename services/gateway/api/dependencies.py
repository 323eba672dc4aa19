"""What the handlers take: the parts of the app's state, and the parameters that several endpoints share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, File, Form, Path, Query, Request, UploadFile
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile as FormFile

from services.gateway.batches import Batches
from services.gateway.edits import Edits
from services.gateway.fetching.fetcher import UrlFetcher
from services.gateway.heatmaps import HeatMaps
from services.gateway.overload import Gate, Work
from services.gateway.recipes import Recipes
from services.gateway.removals import Removals
from services.gateway.searches import Searches
from services.gateway.uploads import Uploads
from shared.asgi import ServiceState
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.base import CollectionName, ImageId
from shared.contracts.filters import Label
from shared.contracts.metadata import Metadata
from shared.errors import EmptyUpload, Forbidden, ImageTooLarge, InvalidRequest
from shared.validation import field_errors


@dataclass(frozen=True, slots=True)
class BatchBounds:
    """How many images one batch may have, and how many bytes they may have together."""

    images: int
    bytes: int


class GatewayState(ServiceState):
    """What the gateway's lifespan yields."""

    embedder: EmbedderClient
    search: SearchClient
    searches: Searches
    heat_maps: HeatMaps
    uploads: Uploads
    edits: Edits
    removals: Removals
    batches: Batches
    fetcher: UrlFetcher | None
    work: Work
    recipes: Recipes
    max_image_bytes: int
    batch_bounds: BatchBounds


def _state(part: str) -> Callable[[Request], Awaitable[Any]]:
    async def read(request: Request) -> Any:
        return getattr(request.state, part)

    return read


Embedder = Annotated[EmbedderClient, Depends(_state("embedder"))]
Search = Annotated[SearchClient, Depends(_state("search"))]
ImageHeatMaps = Annotated[HeatMaps, Depends(_state("heat_maps"))]
ImageBatches = Annotated[Batches, Depends(_state("batches"))]
ImageEdits = Annotated[Edits, Depends(_state("edits"))]
ImageRemovals = Annotated[Removals, Depends(_state("removals"))]
ImageSearches = Annotated[Searches, Depends(_state("searches"))]
ImageUploads = Annotated[Uploads, Depends(_state("uploads"))]
CollectionRecipes = Annotated[Recipes, Depends(_state("recipes"))]


async def _fetcher(request: Request) -> UrlFetcher:
    fetcher: UrlFetcher | None = request.state.fetcher
    if fetcher is None:
        raise Forbidden("Images are not fetched from addresses here; the setting URL_FETCH=true turns that on.")
    return fetcher


Fetcher = Annotated[UrlFetcher, Depends(_fetcher)]


async def _gate(request: Request) -> Gate:
    work: Work = request.state.work
    return work.gate(request.url.path, request.scope["route"].path)


AdmissionGate = Annotated[Gate, Depends(_gate)]


Collection = Annotated[CollectionName, Query(description="The collection that is meant, by its name or by an alias.")]
Id = Annotated[ImageId, Path(description="The image's id.")]


async def read_image(upload: FormFile, limit: int) -> bytes:
    """Read an uploaded file.

    Raises:
        EmptyUpload: It has no bytes.
        ImageTooLarge: It has more than `limit`.
    """
    if upload.size is not None and upload.size > limit:
        raise ImageTooLarge(f"At most {limit} bytes are taken for an image.")
    if not (data := await upload.read()):
        raise EmptyUpload("The uploaded file has no bytes.")
    return data


async def _image(
    request: Request, image: Annotated[UploadFile, File(description="JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.")]
) -> bytes:
    return await read_image(image, request.state.max_image_bytes)


_METADATA = TypeAdapter(Metadata)


async def _metadata(
    metadata: Annotated[
        str | None,
        Form(
            description="A flat JSON object of facts about the image.",
            examples=['{"source": "kite.jpg", "year": 2004}'],
        ),
    ] = None,
) -> Metadata | None:
    if metadata is None:
        return None
    try:
        return _METADATA.validate_json(metadata)
    except ValidationError as error:
        fields = field_errors(error.errors(), "body.metadata")
        raise InvalidRequest("The metadata is not a flat JSON object within its limits.", fields) from None


ImageBytes = Annotated[bytes, Depends(_image)]
ImageLabel = Annotated[Label | None, Form(description="What the image shows, in a word or a few.")]
ImageMetadata = Annotated[Metadata | None, Depends(_metadata)]
