"""The uploaded images of a search, each with its weight and its region."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, File, Form, Query, Request, UploadFile

from services.gateway.api.dependencies import read_image
from services.gateway.examples import FileExample
from shared import regions
from shared.contracts.examples import MAX_EXAMPLES, Weight
from shared.contracts.problem import FieldError
from shared.contracts.region import Region
from shared.errors import InvalidRequest

_REGION = f"The part of the uploaded image that is meant: {regions.MEANING}"


async def _files(
    request: Request,
    image: Annotated[
        Sequence[UploadFile],
        File(description=f"JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF; up to {MAX_EXAMPLES}.", max_length=MAX_EXAMPLES),
    ] = (),
    weight: Annotated[
        Sequence[Weight],
        Form(
            description="One for each image, in their order, or none: above zero more like it, below less like it.",
            examples=[[1, -0.5]],
        ),
    ] = (),
    region: Annotated[
        Sequence[str],
        Form(
            description=f"One for each image, in their order, or none; an empty one is the whole image. {_REGION}",
            examples=[["0.55,0.2,0.3,0.5", ""]],
        ),
    ] = (),
    region_in_address: Annotated[str | None, Query(alias="region", description=f"{_REGION} Of each of them.")] = None,
) -> tuple[FileExample, ...]:
    if region_in_address is not None:
        parts: list[Region | None] = [regions.parse(region_in_address)] * len(image)
    else:
        parts = [regions.parse(text) if text else None for text in region] or [None] * len(image)
    weights = weight or [1.0] * len(image)
    for field, values in (("weight", weights), ("region", parts)):
        if len(values) != len(image):
            fault = FieldError(field=f"body.{field}", message="one for each image, or none")
            raise InvalidRequest("The images and what is said of them do not match.", (fault,))
    return tuple(
        [
            FileExample(await read_image(upload, request.state.max_image_bytes), weight, part)
            for upload, weight, part in zip(image, weights, parts, strict=True)
        ]
    )


FileExamples = Annotated[tuple[FileExample, ...], Depends(_files)]
