"""All three services over real HTTP, with an extractor that needs no weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.embedder.app import create_app as create_embedder
from services.embedder.settings import EmbedderSettings
from services.gateway.app import create_app as create_gateway
from services.gateway.settings import GatewaySettings
from services.search.app import create_app as create_search
from services.search.settings import SearchSettings
from tests.support.serving import serving


@dataclass(frozen=True)
class Stack:
    gateway: str
    embedder: str
    search: str


@contextmanager
def stack(folder: Path, service_token: str | None = None, **gateway_settings: Any) -> Iterator[Stack]:
    """Serve embedder, search and gateway, with an SQLite store in `folder`."""
    token: dict[str, Any] = {"service_token": service_token}
    with (
        serving(create_embedder(EmbedderSettings(extractor="deterministic", **token))) as embedder,
        serving(create_search(SearchSettings(store_url=f"sqlite:///{folder}/lookalike.db", **token))) as search,
    ):
        settings = GatewaySettings(embedder_url=embedder, search_url=search, **token, **gateway_settings)
        with serving(create_gateway(settings)) as gateway:
            yield Stack(gateway, embedder, search)
