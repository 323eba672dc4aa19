"""The use case: two images in, and where they match out."""

from collections.abc import Callable, Sequence
from io import BytesIO

import anyio.to_thread
from PIL import Image

from services.embedder import pooling
from services.embedder.admission import Admission
from services.embedder.engines import Engine
from services.embedder.heat import draw, heat
from services.embedder.intake import Intake
from services.embedder.pooling import Map, Vectors, pool
from services.embedder.ports import Extractor, Upload
from services.embedder.recipes import Recipe
from services.embedder.together import together
from shared.contracts.embedding import RecipeName
from shared.contracts.heatmap import Heat, HeatMap
from shared.contracts.region import Region

Seen = tuple[Image.Image, Sequence[Map]]


class Comparison:
    """Has two images prepared and compares them cell by cell.

    Args:
        engines: Gives the engine of a recipe, or raises InvalidRequest.
        intake: Prepares uploads.
        admission: Bounds what is under way.
    """

    def __init__(self, engines: Callable[[RecipeName | None], Engine], intake: Intake, admission: Admission) -> None:
        self._engines = engines
        self._intake = intake
        self._admission = admission

    async def compare(
        self, query: Upload, candidate: Upload, region: Region, recipe: RecipeName | None = None
    ) -> HeatMap:
        """Show where the candidate matches a region of the query, and where the query matches the candidate.

        Raises:
            InvalidRequest: There is no such recipe.
            NotReady: The extractor is still loading.
            Overloaded: As much is under way as may be.
            InvalidRegion: The recipe has no regions, and so no cells to compare either.
            EmptyUpload, UnsupportedMediaType, UndecodableImage, ImageTooLarge: One of the images is refused.
        """
        engine = self._engines(recipe)
        extractor = engine.extractor()
        pooling.check(extractor.recipe)
        uploads = (query, candidate)
        with self._admission.admit(len(uploads), sum(upload.size or 0 for upload in uploads)):
            of_query, of_candidate = await together(*(self._see(engine, upload) for upload in uploads))
            return await anyio.to_thread.run_sync(_heat_map, extractor, of_query, of_candidate, region)

    async def _see(self, engine: Engine, upload: Upload) -> Seen:
        prepared = await self._intake.take(upload, engine.extractor().recipe, with_thumbnail=True)
        assert prepared.thumbnail is not None, "it was asked for"
        return Image.open(BytesIO(prepared.thumbnail.data)), await engine.maps.submit(prepared.pixels)


def _heat_map(extractor: Extractor, query: Seen, candidate: Seen, region: Region) -> HeatMap:
    recipe = extractor.recipe
    asked, found = pool(recipe, query[1], region), pool(recipe, candidate[1])
    return HeatMap(
        space=extractor.space.ref(),
        score=float(asked @ found),
        query=_heat(recipe, query, found),
        candidate=_heat(recipe, candidate, asked),
    )


def _heat(recipe: Recipe, seen: Seen, sought: Vectors) -> Heat:
    picture, maps = seen
    cells = heat(recipe, maps, sought)
    return Heat(cells=tuple(map(tuple, cells.tolist())), png=draw(picture, cells))
