"""The region of an upload that is meant, as a parameter of the address or a field of the form."""

from typing import Annotated

from fastapi import Depends, Form, Query

from shared import regions
from shared.contracts.region import Region

_DESCRIPTION = f"The part of the uploaded image that is meant: {regions.MEANING}"


async def _region(
    in_address: Annotated[str | None, Query(alias="region", description=_DESCRIPTION)] = None,
    in_form: Annotated[str | None, Form(alias="region", description=_DESCRIPTION)] = None,
) -> Region | None:
    text = in_form if in_address is None else in_address
    return None if text is None else regions.parse(text)


UploadRegion = Annotated[Region | None, Depends(_region)]


async def _stored_region(
    region: Annotated[
        str | None, Query(description=f"The part of the stored image that is meant: {regions.MEANING}")
    ] = None,
) -> Region | None:
    return None if region is None else regions.parse(region)


StoredRegion = Annotated[Region | None, Depends(_stored_region)]
