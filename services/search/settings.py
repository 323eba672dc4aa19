"""The search service's settings."""

from pydantic import Field, field_validator

from services.search.stores import check_url
from shared.settings import ServiceSettings


class SearchSettings(ServiceSettings):
    """What the search service is told by its environment."""

    port: int = Field(8002, ge=0, le=65535, description="Port to listen on.")
    store_url: str = Field(
        "sqlite:///data/lookalike.db",
        description="Where images are kept: `sqlite:///` and the path of a file, which is made if it is not there.",
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
    query_threads: int = Field(2, ge=1, le=256, description="Queries that are computed at once; more wait in line.")
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

    @field_validator("store_url")
    @classmethod
    def _of_a_known_store(cls, url: str) -> str:
        check_url(url)
        return url
