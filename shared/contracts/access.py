"""Keys of the public API, as the file has them that they are kept in."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from shared.contracts.base import CollectionName, Contract, Sha256

Scope = Literal["search", "write", "admin"]
"""What a key is good for: reading and searching; adding, changing and removing images; everything."""

KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]


class ApiKey(Contract):
    """A key as it is kept: of the token itself there is only a digest."""

    id: KeyId
    """The part of the token that is no secret."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """Who or what uses it."""
    sha256: Sha256
    """Digest of the whole token: 256 bits of chance need no slow one."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    collections: tuple[CollectionName, ...] | None = None
    """The only collections that the key opens; None where it opens all."""
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None

    def expired(self, now: datetime) -> bool:
        """Tell whether the key opens nothing any more."""
        return self.expires_at is not None and self.expires_at <= now


class ApiKeys(Contract):
    """The file of keys."""

    version: Literal[1] = 1
    keys: tuple[ApiKey, ...] = ()
