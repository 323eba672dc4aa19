"""Images at addresses of the web."""

from typing import Annotated

from pydantic import StringConstraints

from shared.contracts.base import Contract, ImageId
from shared.contracts.filters import Label
from shared.contracts.metadata import Metadata

Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
"""http or https, of a public host, without credentials."""


class ImageAtUrl(Contract):
    """An image to be fetched and added."""

    url: Url
    id: ImageId | None = None
    """None: an id made from the bytes."""
    label: Label | None = None
    metadata: Metadata | None = None
