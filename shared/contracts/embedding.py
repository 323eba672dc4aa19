"""What the embedder says: embedding spaces, embeddings and refusals."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract, Numeric, Sha256, Vector
from shared.contracts.problem import Problem

Metric = Literal["cosine", "euclidean"]
"""`cosine`: vectors have length 1, so the Euclidean distance d gives the cosine as 1 - d^2 / 2."""

Precision = Literal["float32", "bfloat16", "int8"]
"""Numbers that a network is computed with. float32 and bfloat16 share their embedding spaces, int8 has its own."""

RecipeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]

THUMBNAIL_SIDE = 320
"""Longest side of a thumbnail in pixels."""


class SpaceRef(Contract):
    """What must be known of an embedding space to compare vectors in it."""

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    dimensions: Annotated[int, Field(ge=1), Numeric]
    metric: Metric


class EmbeddingSpace(SpaceRef):
    """An embedding space: a recipe applied with one set of weights. Two spaces never mix."""

    recipe: str
    description: str
    weights: str
    """Name of the weights: `imagenet`, `inception-2015`, or the name of a file."""
    weights_sha256: Sha256
    image_size: int
    """Side in pixels of the square that images are resized to."""
    precision: Precision
    """What the network is computed in where this was said; vectors are float32 always."""

    def ref(self) -> SpaceRef:
        """Reduce to what travels with every vector."""
        return SpaceRef(fingerprint=self.fingerprint, dimensions=self.dimensions, metric=self.metric)


class KnownRecipe(Contract):
    """A recipe that an embedder can be asked for."""

    name: RecipeName
    description: str
    dimensions: int
    metric: Metric
    loaded: bool
    """Whether it answers at once; else the first who asks for it is told to try again a little later."""


class RecipeList(Contract):
    """The recipes that there are."""

    default: RecipeName
    """What is used where none is named."""
    recipes: tuple[KnownRecipe, ...]


class Thumbnail(Contract):
    """A small upright JPEG of an image, with its aspect ratio kept."""

    width: int
    height: int
    data: bytes


class EmbeddedImage(Contract):
    """An image that was understood, with its vector."""

    status: Literal["embedded"] = "embedded"
    sha256: Sha256
    content_type: str
    """The media type found in the bytes, whatever the client said."""
    width: int
    height: int
    """Size in pixels as the image is shown, after its EXIF orientation is applied."""
    vector: Vector
    regions: tuple[Vector, ...] = ()
    """The vectors of the regions that were asked for, in their order."""
    thumbnail: Thumbnail | None = None


class RefusedImage(Contract):
    """An image that could not be embedded, and why."""

    status: Literal["refused"] = "refused"
    problem: Problem


EmbedOutcome = Annotated[EmbeddedImage | RefusedImage, Field(discriminator="status")]


class EmbedResponse(Contract):
    """One outcome for each image, in the order of the request."""

    space: EmbeddingSpace
    images: tuple[EmbedOutcome, ...]
