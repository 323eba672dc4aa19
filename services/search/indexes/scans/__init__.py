"""The ways to scan a segment, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.search.indexes.precedence import GiveWay
from services.search.indexes.scans.codes import Int8Keys
from services.search.indexes.scans.keys import Float32Keys
from services.search.indexes.scans.neighbors import NeighborsScan
from services.search.indexes.scans.product import ProductScan
from services.search.indexes.scans.scan import Scan
from services.search.ports import Matrix
from shared.contracts.embedding import Metric

NewScan = Callable[[Matrix, Metric, GiveWay], Scan]

SCANS: Mapping[str, NewScan] = MappingProxyType(
    {
        "float32": lambda rows, metric, _: ProductScan(Float32Keys(rows, metric)),
        "int8": lambda rows, metric, give_way: ProductScan(Int8Keys(rows, metric, give_way)),
        "brute": lambda rows, metric, _: NeighborsScan(rows, metric, "brute"),
        "ball_tree": lambda rows, metric, _: NeighborsScan(rows, metric, "ball_tree"),
    }
)
