"""What the use cases need of an index and of a store; adapters are in `indexes` and `stores`."""

from services.search.ports.index import IndexFactory, SharedIndex, SharedIndexes, Snapshot, Snapshots, VectorIndex
from services.search.ports.store import ImageStore
from services.search.ports.values import (
    Change,
    Entry,
    Examples,
    Group,
    Hit,
    Matrix,
    Query,
    StoredBytes,
    StoreLimits,
    StoreUnusable,
    Vector,
)

__all__ = (
    "Change",
    "Entry",
    "Examples",
    "Group",
    "Hit",
    "ImageStore",
    "IndexFactory",
    "Matrix",
    "Query",
    "SharedIndex",
    "SharedIndexes",
    "Snapshot",
    "Snapshots",
    "StoreLimits",
    "StoreUnusable",
    "StoredBytes",
    "Vector",
    "VectorIndex",
)
