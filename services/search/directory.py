"""Which collections there are, under which names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from shared.contracts.collections import Collection


@dataclass(frozen=True, slots=True)
class Directory:
    """The collections as they were read at some moment. Names and aliases never coincide.

    Attributes:
        collections: By their keys; how many images they have is better asked of the store.
        keys: By their names.
        aliases: The names that aliases stand for.
    """

    collections: Mapping[str, Collection] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, collections: Mapping[str, Collection]) -> Self:
        """Make the directory of what a store has."""
        keys = {collection.name: key for key, collection in collections.items()}
        aliases = {alias: collection.name for collection in collections.values() for alias in collection.aliases}
        return cls(collections, keys, aliases)

    def resolve(self, name: str) -> str:
        """Give the name of the collection that an alias stands for; any other name as it is."""
        return self.aliases.get(name, name)
