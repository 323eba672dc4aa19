"""The stores by the scheme of their URL: the one place that knows them all."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.search.ports import ImageStore, StoreLimits
from services.search.stores.mongo.options import MongoOptions
from services.search.stores.mongo.store import MongoStore
from services.search.stores.sqlite.store import SqliteStore

StoreFactory = Callable[[str, StoreLimits, MongoOptions], ImageStore]

STORES: Mapping[str, StoreFactory] = MappingProxyType(
    {"sqlite": lambda url, limits, _: SqliteStore(url, limits), "mongodb": MongoStore}
)


def check_url(url: str) -> None:
    """Refuse a URL that names no known store.

    Raises:
        ValueError: Says which there are.
    """
    if url.partition("://")[0] not in STORES:
        raise ValueError(f"the URL of a store begins with one of: {', '.join(f'{scheme}://' for scheme in STORES)}")


def store_for(url: str, limits: StoreLimits, mongo: MongoOptions | None = None) -> ImageStore:
    """Make the store that `url` names; it is not opened yet.

    Args:
        url: Begins with the scheme of a store.
        limits: What is admitted.
        mongo: How to talk to MongoDB, if that is the store.

    Raises:
        ValueError: There is no such store, or its URL says too little.
    """
    check_url(url)
    return STORES[url.partition("://")[0]](url, limits, mongo or MongoOptions())
