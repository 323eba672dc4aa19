"""The search service's settings."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from services.search.indexes.factory import Engine
from services.search.indexes.qdrant.address import check_url as check_index_url
from services.search.stores import check_url
from services.search.stores.mongo.options import MongoOptions
from shared.contracts.collections import ProjectionKind
from shared.settings import ServiceSettings


class SearchSettings(ServiceSettings):
    """What the search service is told by its environment."""

    port: int = Field(8002, ge=0, le=65535, description="Port to listen on.")
    store_url: str = Field(
        "sqlite:///data/lookalike.db",
        description="Where images are kept: `sqlite:///` and the path of a file, which is made if it is not there, "
        "or `mongodb://[USER:PASSWORD@]HOST[:PORT]/[DATABASE]`; the database is `lookalike` where none is named.",
    )
    max_store_bytes: int = Field(
        2**40, ge=2**20, description="Size that an SQLite store's file may grow to; uploads beyond get 507."
    )
    max_collections: int = Field(100, ge=1, description="Number of collections that are admitted.")
    max_images: int = Field(
        10_000_000, ge=1, description="Number of images that are admitted, all collections together."
    )
    max_blob_bytes: int = Field(
        40 * 2**20, ge=1024, description="Longest image file that is stored; longer ones are answered with 413."
    )
    max_transfers_in_flight: int = Field(
        8, ge=1, description="Image files that are read or written at once, each held in memory; more wait in line."
    )
    max_query_batch: int = Field(
        32, ge=1, le=256, description="Queries that are answered together where several wait for the same index."
    )
    index_engine: Engine = Field(
        "float32",
        description="How a query is compared with all vectors: `float32`, by matrix products; `int8`, by codes of a "
        "quarter of the size, with exact distances of the candidates; `brute` and `ball_tree`, by scikit-learn.",
    )
    index_url: str | None = Field(
        None,
        description="Qdrant, where indexes are kept outside of this service, for all services of the store: "
        "`qdrant://HOST[:PORT][,HOST[:PORT]...][?tls=true]`, each host a node of one cluster; needs the extra "
        "`qdrant`. Unset: each service has its indexes in memory.",
    )
    index_key: SecretStr | None = Field(None, description="API key that Qdrant asks for.")
    index_exact: bool = Field(
        default=False, description="Let Qdrant compare every image with the query, as indexes in memory do."
    )
    index_candidates: int = Field(
        128, ge=1, le=65_536, description="How many candidates Qdrant keeps while it searches its graph (`ef`)."
    )
    index_shards: int = Field(1, ge=1, le=1000, description="Parts that Qdrant divides a new index into.")
    index_replicas: int = Field(
        1, ge=1, le=100, description="Nodes of Qdrant that each part of a new index is on; from 2 on one may be lost."
    )
    index_timeout_seconds: int = Field(8, ge=1, description="Deadline of one call to Qdrant; then the answer is 504.")
    index_projection: ProjectionKind = Field(
        "auto",
        description="What is done to vectors before they are compared, in collections that were not made for another: "
        "`none`; `centre`, the collection's mean is removed; `pca`, the directions in which the collection varies most "
        "are kept too; `auto`, `centre` and, once there are four images for each direction, `pca`.",
    )
    index_dimensions: int = Field(512, ge=1, le=65_536, description="How many directions `pca` keeps.")
    index_rerank: int = Field(
        0,
        ge=0,
        le=1000,
        description="How many of the nearest images are ordered anew by what they have in common with their neighbours "
        "among them; scores are then those of this comparison. 0: none.",
    )
    index_folder: Path | None = Field(
        None,
        description="Folder for snapshots of the indexes, from which they are there at once after a start. Unset: they "
        "are built from the store.",
    )
    snapshot_interval_seconds: float = Field(
        300, gt=0, description="Time between two snapshots, where there were writes."
    )
    max_queries_waiting: int = Field(
        128, ge=0, description="Queries that may wait in line; more are answered with 503."
    )
    catch_up_batch: int = Field(
        256, ge=1, le=10_000, description="Vectors that are read from the store at once while the index is fed."
    )
    max_staleness_seconds: float = Field(
        1, gt=0, description="How long a write of another replica may go unseen here, while the store answers."
    )
    revision_wait_seconds: float = Field(
        5, gt=0, description="How long a query waits for its `min_revision` before it is answered with 503."
    )
    tombstone_life_seconds: float = Field(
        604_800, gt=0, description="How long a removal is remembered; a replica that was away longer builds anew."
    )
    sweep_interval_seconds: float = Field(
        600, gt=0, description="Time between two searches for the bytes of abandoned uploads."
    )
    upload_grace_seconds: float = Field(
        3600, gt=0, description="Time from the storing of an image's bytes after which its upload counts as abandoned."
    )

    mongodb_max_connections: int = Field(
        20, ge=1, le=1000, description="Connections to each server of MongoDB that are open at most."
    )
    mongodb_min_connections: int = Field(
        0, ge=0, le=1000, description="Connections to each server of MongoDB that are kept open."
    )
    mongodb_connect_timeout_seconds: float = Field(3, gt=0, description="Deadline for making a connection to MongoDB.")
    mongodb_selection_timeout_seconds: float = Field(
        3, gt=0, description="How long a server of MongoDB that takes writes is looked for before the answer is 503."
    )
    mongodb_timeout_seconds: float = Field(
        8, gt=0, description="Deadline of one read or write, with all that it asks of MongoDB; then the answer is 504."
    )
    mongodb_lease_seconds: float = Field(
        3,
        gt=0,
        description="How long a write that another service began and does not finish holds up those after it.",
    )

    @field_validator("index_url")
    @classmethod
    def _of_a_known_server(cls, url: str | None) -> str | None:
        if url is not None:
            check_index_url(url)
        return url

    @field_validator("store_url")
    @classmethod
    def _of_a_known_store(cls, url: str) -> str:
        check_url(url)
        return url

    @property
    def mongo(self) -> MongoOptions:
        """Sizes and deadlines for a store of MongoDB."""
        return MongoOptions(
            max_connections=self.mongodb_max_connections,
            min_connections=self.mongodb_min_connections,
            connect_timeout=self.mongodb_connect_timeout_seconds,
            selection_timeout=self.mongodb_selection_timeout_seconds,
            timeout=self.mongodb_timeout_seconds,
            lease=self.mongodb_lease_seconds,
        )
