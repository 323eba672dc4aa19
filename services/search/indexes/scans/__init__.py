"""The ways to scan a segment, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from services.search.indexes.precedence import GiveWay
from services.search.indexes.scans.codes import Int8Keys
from services.search.indexes.scans.keys import Float32Keys
from services.search.indexes.scans.product import ProductScan
from services.search.indexes.scans.scan import Scan
from services.search.ports import Matrix
from shared.contracts.embedding import Metric

NewScan = Callable[[Matrix, Metric, GiveWay], Scan]


def _by_scikit_learn(algorithm: Literal["brute", "ball_tree"]) -> NewScan:
    def scan(rows: Matrix, metric: Metric, _: GiveWay) -> Scan:
        # It takes two seconds to import: a service without such a scan starts in half of its time.
        from services.search.indexes.scans.neighbors import NeighborsScan

        return NeighborsScan(rows, metric, algorithm)

    return scan


SCANS: Mapping[str, NewScan] = MappingProxyType(
    {
        "float32": lambda rows, metric, _: ProductScan(Float32Keys(rows, metric)),
        "int8": lambda rows, metric, give_way: ProductScan(Int8Keys(rows, metric, give_way)),
        "brute": _by_scikit_learn("brute"),
        "ball_tree": _by_scikit_learn("ball_tree"),
    }
)
