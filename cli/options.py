"""Options that several commands have."""

from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from shared.contracts.base import CollectionName


def _checked_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("an address starts with http:// or https://")
    return url.rstrip("/")


def _checked_collection(name: str) -> str:
    try:
        return TypeAdapter(CollectionName).validate_python(name)
    except ValidationError:
        raise typer.BadParameter("lower case letters, digits, - and _, at most 63 characters") from None


Url = Annotated[str, typer.Option(envvar="LOOKALIKE_URL", help="Where Lookalike runs.", callback=_checked_url)]
Jobs = Annotated[int, typer.Option(min=1, max=256, help="How many uploads are under way at once.")]
Collection = Annotated[str, typer.Option(help="Which collection of images.", callback=_checked_collection)]
