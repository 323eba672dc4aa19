"""Keys of collections: each is given once, so what belongs to one never passes to another of the same name."""

_SEPARATOR = "@"
"""Is part of no name."""


def new_key(name: str, number: int) -> str:
    """Make the key of a new collection; the number is one that grows whenever a collection is made."""
    return f"{name}{_SEPARATOR}{number}"


def name_of(key: str) -> str:
    """Give the name of the collection with this key; one that an early version has made has its name for a key."""
    return key.partition(_SEPARATOR)[0]
