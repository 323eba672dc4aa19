"""The gateway's composition root."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware import Middleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.gateway import cors, page
from services.gateway.api import (
    access,
    batches,
    collections,
    curation,
    description,
    duplicates,
    files,
    heatmaps,
    image_urls,
    images,
    predict,
    searches,
    stats,
)
from services.gateway.api.access import ALL_COLLECTIONS, across
from services.gateway.api.dependencies import BatchBounds, GatewayState
from services.gateway.batches import Batches
from services.gateway.edits import Edits
from services.gateway.fetching.fetcher import UrlFetcher
from services.gateway.fetching.resolving import Resolve
from services.gateway.gatekeeper import Gatekeeper
from services.gateway.heatmaps import HeatMaps
from services.gateway.hosts import HostGuard
from services.gateway.inclusions import Inclusions
from services.gateway.keyring import Keyring
from services.gateway.original import OriginalErrors
from services.gateway.origins import OriginGuard
from services.gateway.overload import OverloadGuard, Work
from services.gateway.rates import RateLimits
from services.gateway.recipes import Recipes
from services.gateway.removals import Removals
from services.gateway.searches import Searches
from services.gateway.settings import GatewaySettings, rate_of
from services.gateway.uploads import Uploads
from services.gateway.upstream import Upstream, UpstreamMetrics
from shared.asgi import create_service
from shared.clients.base import ServiceClient
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.health import Readiness
from shared.errors import Unauthorized, UpstreamUnavailable
from shared.keys.file import KeyFile
from shared.problems import problem_response
from shared.telemetry import Metrics

DESCRIPTION = "Finds the images of a collection that look like a given one."

_log = logging.getLogger(__name__)


def create_app(settings: GatewaySettings | None = None, *, resolve: Resolve | None = None) -> FastAPI:
    """Build the gateway.

    Args:
        settings: By default those of the environment.
        resolve: Looks up the hosts that images are fetched from; by default as the machine is set up to.
    """
    settings = settings or GatewaySettings()
    keyring = None if settings.api_keys_file is None else Keyring(KeyFile(settings.api_keys_file))
    work = Work.up_to(settings.max_uploads_in_flight)
    metrics = Metrics()
    measured = UpstreamMetrics(metrics.registry)
    built = page.find(settings.web_folder)
    token = None if settings.service_token is None else settings.service_token.get_secret_value()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[GatewayState]:
        async with (
            _http(settings.embedder_url, Upstream("embedder", settings.max_embedder_calls, measured)) as to_embedder,
            _http(settings.search_url, Upstream("search", settings.max_search_calls, measured)) as to_search,
            _followed(keyring),
        ):
            embedder = EmbedderClient("embedder", to_embedder, settings.embedder_timeout_seconds, token)
            search = SearchClient("search", to_search, settings.search_timeout_seconds, token)

            recipes = Recipes(embedder, search)
            inclusions = Inclusions(embedder, search, recipes, settings.max_included_bytes)

            uploads = Uploads(embedder, search, recipes)

            async def readiness() -> Readiness:
                return await _readiness(embedder, search)

            yield {
                "readiness": readiness,
                "embedder": embedder,
                "search": search,
                "searches": Searches(embedder, search, recipes, inclusions, settings.max_body_bytes),
                "heat_maps": HeatMaps(embedder, search, recipes),
                "uploads": uploads,
                "batches": Batches(embedder, search, uploads, recipes),
                "edits": Edits(search),
                "removals": Removals(search),
                "recipes": recipes,
                "fetcher": UrlFetcher(settings.fetch_rules, resolve) if settings.url_fetch else None,
                "work": work,
                "max_image_bytes": settings.max_image_bytes,
                "batch_bounds": BatchBounds(settings.max_batch_images, settings.max_batch_bytes),
            }

    routers = (
        searches.router,
        heatmaps.router,
        image_urls.router,
        batches.router,
        curation.router,
        duplicates.router,
        images.router,
        files.router,
        collections.router,
        stats.router,
        predict.router,
    )
    app = create_service(
        "gateway",
        settings,
        lifespan,
        routers,
        metrics,
        DESCRIPTION,
        guards=_guards(settings, keyring, work, built),
        metrics_access=[across("search"), ALL_COLLECTIONS],
    )
    app.add_exception_handler(Unauthorized, _on_wrong_service_token)
    description.install(app)
    if keyring is None:
        access.make_optional(app)

    if built:
        page.install(app, built)
    else:

        @app.get("/", include_in_schema=False)
        async def root() -> RedirectResponse:
            return RedirectResponse("/docs")

    # Outermost, so that a page may read whatever is answered: also refusals, and what went wrong inside.
    cors.install(app, settings.cors_origin_regex)
    return app


def _guards(
    settings: GatewaySettings, keyring: Keyring | None, work: Work, built: page.Page | None
) -> list[Middleware]:
    """Give what a request has to pass before its body is read, in this order."""
    rates = RateLimits(rate_of(settings.key_rate_limit), rate_of(settings.address_rate_limit))
    return [
        Middleware(OriginalErrors, predict.PATH),
        Middleware(ProxyHeadersMiddleware, _listed(settings.trusted_proxies or "")),
        Middleware(HostGuard, _listed(settings.allowed_hosts.lower())),
        Middleware(OriginGuard, settings.cors_origin_regex),
        Middleware(page.PageFiles, built),
        Middleware(Gatekeeper, rates, keyring),
        Middleware(OverloadGuard, work),
    ]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@asynccontextmanager
async def _followed(keyring: Keyring | None) -> AsyncIterator[None]:
    if keyring is None:
        yield
        return
    await keyring.load()
    following = asyncio.create_task(keyring.follow())
    try:
        yield
    finally:
        following.cancel()


async def _on_wrong_service_token(_: Request, __: Exception) -> Response:
    # Strangers are turned away before: here it is a service that does not know this gateway.
    _log.error("a service behind the gateway refuses the SERVICE_TOKEN of this gateway")
    return problem_response(UpstreamUnavailable("A service behind the gateway does not answer it."))


def _http(base_url: str, upstream: Upstream) -> httpx.AsyncClient:
    # Each call has a deadline as a whole; only a machine that is not there is given up sooner.
    return httpx.AsyncClient(base_url=base_url, transport=upstream, timeout=httpx.Timeout(None, connect=2))


async def _readiness(*services: ServiceClient) -> Readiness:
    answers = await asyncio.gather(*(service.ready() for service in services))
    waiting_for = tuple(
        f"{service.name}: {part}"
        for service, answer in zip(services, answers, strict=True)
        for part in answer.waiting_for
    )
    return Readiness(ready=all(answer.ready for answer in answers), waiting_for=waiting_for)
