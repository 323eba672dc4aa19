"""Examples that are images: what has to be embedded before it can be looked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.fetching.fetcher import UrlFetcher
from shared.clients.embedder import EmbedderClient
from shared.contracts.embedding import EmbeddedImage, EmbedOutcome, RecipeName, SpaceRef
from shared.contracts.examples import Example
from shared.contracts.problem import FieldError
from shared.contracts.region import WHOLE, Region
from shared.contracts.searches import UrlExample
from shared.errors import InvalidRequest, from_problem
from shared.examples import check


@dataclass(frozen=True, slots=True)
class FileExample:
    """The bytes of an image, and the id of the stored image that they are of, if they are."""

    data: bytes
    weight: float = 1
    region: Region | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Pictured:
    """The example that heat maps are drawn for: bytes, or the id of a stored image."""

    data: bytes | None
    id: str | None
    region: Region = WHOLE


async def fetch(fetcher: UrlFetcher, examples: Sequence[UrlExample]) -> tuple[FileExample, ...]:
    """Fetch images at addresses, at once.

    Raises:
        InvalidExamples: No weight is above zero.
        UrlForbidden, FetchFailed, UnsupportedMediaType, ImageTooLarge, EmptyUpload: Why one of them is not fetched.
    """
    check([example.weight for example in examples])
    fetched = await fetcher.fetch_all([example.url for example in examples])
    return tuple(
        FileExample(data, example.weight, example.region) for data, example in zip(fetched, examples, strict=True)
    )


async def embed(
    embedder: EmbedderClient, files: Sequence[FileExample], recipe: RecipeName | None
) -> tuple[SpaceRef, tuple[Example, ...]]:
    """Embed all files in one call, and give for each the vector of its region.

    Raises:
        InvalidRegion: The recipe has no regions.
        EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: Why one of them is refused.
    """
    # The embedder gives every image the same regions; pooling one more costs next to nothing.
    regions = tuple({file.region: None for file in files if file.region is not None})
    data = [file.data for file in files]
    answer = await embedder.embed(data, regions=regions, recipe=recipe)
    examples = []
    for number, (file, outcome) in enumerate(zip(files, answer.images, strict=True), 1):
        image = _accepted(outcome, number)
        vector = image.vector if file.region is None else image.regions[regions.index(file.region)]
        examples.append(Example(id=file.id, vector=vector, weight=file.weight))
    return answer.space.ref(), tuple(examples)


def leading(files: Sequence[FileExample], others: Sequence[Example]) -> Pictured:
    """Choose the example of the largest weight, of several the first.

    Raises:
        InvalidRequest: It is a vector, of which no picture can be drawn.
    """
    examples: list[FileExample | Example] = [*files, *others]
    example = max(examples, key=lambda example: example.weight)
    if isinstance(example, FileExample):
        return Pictured(example.data, None, example.region or WHOLE)
    if example.id is None:
        raise InvalidRequest("Heat maps compare images: there is none for a vector.")
    return Pictured(None, example.id)


def _accepted(outcome: EmbedOutcome, number: int) -> EmbeddedImage:
    if isinstance(outcome, EmbeddedImage):
        return outcome
    refusal = from_problem(outcome.problem)
    raise type(refusal)(refusal.detail, (FieldError(field=f"image {number}", message=refusal.detail),))
