"""Settings that every service has. Each is read from the environment variable of its name in upper case."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What each service is told by its environment; a service adds its own fields."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port to listen on.")
    allow_anonymous: bool = Field(
        default=False, description="Listen on an address that other machines reach although nobody has to log in."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line written."
    )
    max_body_bytes: int = Field(
        64 * 2**20,
        ge=1024,
        description="Longest request body that is read; longer ones are answered with 413.",
    )
    shutdown_grace_seconds: int = Field(
        20,
        ge=0,
        description="How long requests under way may take to finish when the service is told to stop.",
    )


class CacheSettings(BaseSettings):
    """Where files that can be fetched or made again are kept."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    lookalike_cache: Path = Field(
        Path.home() / ".cache" / "lookalike", description="Folder for weights, which are fetched once."
    )
