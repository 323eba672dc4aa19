"""The gateway's settings."""

from pydantic import Field

from shared.settings import ServiceSettings

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class GatewaySettings(ServiceSettings):
    """What the gateway is told by its environment."""

    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    embedder_url: str = Field("http://127.0.0.1:8001", description="Where the embedder is.")
    search_url: str = Field("http://127.0.0.1:8002", description="Where the search service is.")
    embedder_timeout_seconds: float = Field(30, gt=0, description="Deadline of one call to the embedder.")
    search_timeout_seconds: float = Field(10, gt=0, description="Deadline of one call to the search service.")
    max_image_bytes: int = Field(
        40 * 2**20, ge=1024, description="Longest image file that is taken; longer ones are answered with 413."
    )
    max_uploads_in_flight: int = Field(
        32, ge=1, description="Uploads and searches by upload worked on at once; more are answered with 503."
    )
    cors_origin_regex: str = Field(
        LOOPBACK_ORIGIN, description="Web pages that may call the API from a browser: their origins, as a pattern."
    )
