"""Settings that every service has. Each is read from the environment variable of its name in upper case."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What each service is told by its environment; a service adds its own fields."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port to listen on.")
    allow_anonymous: bool = Field(
        default=False, description="Listen on an address that other machines reach although nobody has to log in."
    )
    service_token: SecretStr | None = Field(
        default=None,
        description="What the services show each other: where it is set, embedder and search answer nobody without it.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="Where traces go, by OTLP over HTTP; needs the extra `telemetry`. Unset: there are none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line written."
    )
    max_body_bytes: int = Field(
        64 * 2**20,
        ge=1024,
        description="Longest request body that is read; longer ones are answered with 413.",
    )
    body_timeout_seconds: float = Field(
        60, gt=0, description="How long a request's body may take to arrive; a slower one is answered with 408."
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        description="How long a service that is told to stop still takes requests, while `/readyz` says that it is not "
        "ready: time for load balancers to notice.",
    )
    shutdown_grace_seconds: int = Field(
        20,
        ge=0,
        description="How long requests under way may take to finish when the service is told to stop.",
    )

    credentials_setting: ClassVar[str] = "SERVICE_TOKEN"
    """The setting that makes the service ask for credentials."""

    @property
    def asks_for_credentials(self) -> bool:
        """Whether strangers are turned away, so that other machines may reach this service."""
        return self.service_token is not None


class CacheSettings(BaseSettings):
    """Where files that can be fetched or made again are kept."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    lookalike_cache: Path = Field(
        Path.home() / ".cache" / "lookalike", description="Folder for weights, which are fetched once."
    )
