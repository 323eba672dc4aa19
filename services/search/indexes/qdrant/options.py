"""How collections of Qdrant are made and searched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What settings say.

    Attributes:
        exact: Whether every image is compared.
        ef: Candidates that a search in the graph keeps.
        shards: Parts that a collection is divided into.
        replicas: Nodes that each part is on.
    """

    exact: bool = False
    ef: int = 128
    shards: int = 1
    replicas: int = 1
