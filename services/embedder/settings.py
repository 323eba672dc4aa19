"""What the embedder is told by its environment."""

from typing import Literal, Self

from pydantic import Field, model_validator

from services.embedder.recipes import RECIPES
from shared.settings import ServiceSettings

PILLOW_PIXEL_LIMIT = 178_956_970
"""Above this Pillow itself refuses an image."""


class EmbedderSettings(ServiceSettings):
    """Settings of the embedder."""

    port: int = Field(8001, ge=0, le=65535, description="Port to listen on.")
    extractor: Literal["inception", "deterministic"] = Field(
        "inception",
        description="`inception` is the network; `deterministic` needs no weights and is meant for tests.",
    )
    recipe: Literal["classic", "pooled", "multilayer", "centred", "thorough"] = Field(
        "centred",
        description="How a picture becomes a vector where the collection does not say; see the recipes.",
    )
    recipes: str | None = Field(
        default=None,
        description="Other recipes that are loaded at the start, with commas between. Unset: each is loaded when a "
        "collection first needs it.",
    )
    weights: str | None = Field(
        default=None,
        description="InceptionV3's weights: `imagenet`, `inception-2015`, or the path of an `.h5` or `.keras` file. "
        "Unset: what has been fetched before, else `imagenet` where its host answers, else `inception-2015`.",
    )
    runtime: Literal["tensorflow", "openvino"] = Field(
        "tensorflow", description="What computes the network; `openvino` needs the extra of that name."
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = Field(
        "auto",
        description="Numbers that the network is computed with. `auto`: `bfloat16` where the processor has it and its "
        "vectors agree with those of `float32`, else `float32`. `int8` needs `RUNTIME=openvino`, and a network that "
        "`lookalike quantise` has made.",
    )
    inference_threads: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Threads that a batch is computed with. Unset: as many as this process has cores.",
    )
    max_image_bytes: int = Field(40 * 2**20, ge=1024, description="Longest image file taken, in bytes.")
    max_image_pixels: int = Field(
        64_000_000, ge=1, le=PILLOW_PIXEL_LIMIT, description="Largest image taken, in pixels; checked before decoding."
    )
    max_images_per_request: int = Field(64, ge=1, le=1000, description="Most images in one request.")
    max_images_in_flight: int = Field(
        256, ge=1, description="Most images taken in and not yet answered; beyond, requests are answered with 503."
    )
    max_bytes_in_flight: int = Field(
        512 * 2**20, ge=1024, description="Most bytes of images taken in and not yet answered; beyond, 503."
    )
    decode_processes: int = Field(
        2, ge=1, le=64, description="Images decoded at the same time, each in a process of its own."
    )
    decode_timeout_seconds: float = Field(
        15, gt=0, description="How long an image may take to decode; one that takes longer is answered with 422."
    )
    max_batch_size: int = Field(16, ge=1, le=256, description="Most images that go through the network together.")

    @property
    def recipes_at_start(self) -> tuple[str, ...]:
        """Names of the other recipes that are loaded at the start."""
        return tuple(name.strip() for name in (self.recipes or "").split(",") if name.strip())

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        if self.max_images_in_flight < self.max_images_per_request:
            raise ValueError("MAX_IMAGES_IN_FLIGHT must not be less than MAX_IMAGES_PER_REQUEST")
        if self.max_bytes_in_flight < self.max_body_bytes:
            raise ValueError("MAX_BYTES_IN_FLIGHT must not be less than MAX_BODY_BYTES")
        if self.precision == "int8" and self.runtime != "openvino":
            raise ValueError("PRECISION=int8 needs RUNTIME=openvino")
        if self.extractor == "inception" and (unknown := set(self.recipes_at_start) - RECIPES.keys()):
            raise ValueError(f"RECIPES names {unknown.pop()}, and there are {', '.join(RECIPES)}")
        return self
