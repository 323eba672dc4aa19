"""Collections: what is said of them when they are made, and what is known of them later."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.contracts.base import CollectionName, Contract
from shared.contracts.embedding import RecipeName, SpaceRef
from shared.contracts.search import Revision

ProjectionKind = Literal["auto", "none", "centre", "pca"]
"""What is done to vectors before they are compared: see the setting `INDEX_PROJECTION`."""

Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class CollectionFacts(Contract):
    """What may be said of a collection when it is made. A fact that is left out agrees with whatever is there."""

    recipe: RecipeName | None = None
    """How its images become vectors. Left out: as the embedder does by itself when the first image comes."""
    projection: ProjectionKind | None = None
    """What its index does to vectors before it compares them. Left out: as the search service's settings say."""
    description: Description | None = None
    """What it is for, in a sentence."""


class NewCollection(CollectionFacts):
    """A collection to be made."""

    name: CollectionName


class CollectionPatch(Contract):
    """What can be changed of a collection."""

    description: Description


class Collection(Contract):
    """A named set of images with one embedding space and one index."""

    name: CollectionName
    images: int
    recipe: RecipeName | None
    """None until the first image comes, and in collections that an earlier version has made: the embedder's own."""
    space: SpaceRef | None
    """None until the first image comes."""
    projection: ProjectionKind | None
    """None where it follows the search service's settings."""
    description: str
    aliases: tuple[CollectionName, ...]
    created_at: datetime | None
    """None of `default` before anything was written to it."""

    def agrees(self, facts: CollectionFacts) -> bool:
        """Tell whether these facts are true of it."""
        given = facts.model_dump(include=set(CollectionFacts.model_fields), exclude_none=True)
        return all(getattr(self, fact) == value for fact, value in given.items())


class StoredCollection(Contract):
    """A collection as a write has left it; every replica knows that from the `revision` on."""

    collection: Collection
    created: bool
    """False where it was there before."""
    revision: Revision


class CollectionList(Contract):
    """All collections in the order of their names; `default` is always there."""

    collections: tuple[Collection, ...]


class DeletedCollection(Contract):
    """The write that removed a collection. No search from this revision on shows it, or any of its images."""

    name: CollectionName
    revision: Revision


class AliasTarget(Contract):
    """What an alias is to stand for."""

    collection: CollectionName
    """Name of a collection, or another alias of it."""


class Alias(Contract):
    """Another name of a collection."""

    alias: CollectionName
    collection: CollectionName
    """The collection's real name."""


class StoredAlias(Alias):
    """An alias as a write has left it; every replica knows it from the `revision` on."""

    revision: Revision


class AliasList(Contract):
    """All aliases in their order."""

    aliases: tuple[Alias, ...]


class DeletedAlias(Contract):
    """The write that removed an alias; the collection that it stood for stays."""

    alias: CollectionName
    revision: Revision
