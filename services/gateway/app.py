"""The gateway's composition root."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

from services.gateway.admission import Admission
from services.gateway.api import heatmaps, image_urls, images, predict, searches, stats
from services.gateway.api.dependencies import GatewayState
from services.gateway.fetching.fetcher import UrlFetcher
from services.gateway.fetching.resolving import Resolve
from services.gateway.heatmaps import HeatMaps
from services.gateway.inclusions import Inclusions
from services.gateway.origins import OriginGuard
from services.gateway.searches import Searches
from services.gateway.settings import GatewaySettings
from services.gateway.uploads import Uploads
from shared.asgi import create_service
from shared.clients.base import ServiceClient
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.health import Readiness
from shared.telemetry import Metrics

DESCRIPTION = "Finds the images of a collection that look like a given one."


def create_app(settings: GatewaySettings | None = None, *, resolve: Resolve | None = None) -> FastAPI:
    """Build the gateway.

    Args:
        settings: By default those of the environment.
        resolve: Looks up the hosts that images are fetched from; by default as the machine is set up to.
    """
    settings = settings or GatewaySettings()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[GatewayState]:
        async with (
            _http(settings.embedder_url, settings) as to_embedder,
            _http(settings.search_url, settings) as to_search,
        ):
            embedder = EmbedderClient("embedder", to_embedder, settings.embedder_timeout_seconds)
            search = SearchClient("search", to_search, settings.search_timeout_seconds)

            inclusions = Inclusions(embedder, search, settings.max_included_bytes)

            async def readiness() -> Readiness:
                return await _readiness(embedder, search)

            yield {
                "readiness": readiness,
                "embedder": embedder,
                "search": search,
                "searches": Searches(embedder, search, inclusions, settings.max_body_bytes),
                "heat_maps": HeatMaps(embedder, search),
                "uploads": Uploads(embedder, search),
                "fetcher": UrlFetcher(settings.fetch_rules, resolve) if settings.url_fetch else None,
                "admission": Admission(settings.max_uploads_in_flight),
                "max_image_bytes": settings.max_image_bytes,
            }

    routers = (searches.router, heatmaps.router, image_urls.router, images.router, stats.router, predict.router)
    app = create_service("gateway", settings, lifespan, routers, Metrics(), DESCRIPTION)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    app.add_middleware(OriginGuard, admitted=settings.cors_origin_regex)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=settings.cors_origin_regex,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["*"],
        expose_headers=["x-request-id", "location", "server-timing"],
    )
    return app


def _http(base_url: str, settings: GatewaySettings) -> httpx.AsyncClient:
    # Each upload in flight makes at most a dozen calls at once (a search shows ten thumbnails in the original's way);
    # calls beyond the pool wait for a connection, within their deadline.
    limits = httpx.Limits(max_connections=2 * settings.max_uploads_in_flight, max_keepalive_connections=32)
    timeout = httpx.Timeout(max(settings.embedder_timeout_seconds, settings.search_timeout_seconds), connect=2)
    return httpx.AsyncClient(base_url=base_url, limits=limits, timeout=timeout, trust_env=False)


async def _readiness(*services: ServiceClient) -> Readiness:
    answers = await asyncio.gather(*(service.ready() for service in services))
    waiting_for = tuple(
        f"{service.name}: {part}"
        for service, answer in zip(services, answers, strict=True)
        for part in answer.waiting_for
    )
    return Readiness(ready=all(answer.ready for answer in answers), waiting_for=waiting_for)
