"""The common app factory: what every service answers beside its own endpoints, and how it fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends, FastAPI, Request, Response, params
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware

from shared import logging, openapi, problems, telemetry
from shared.contracts.health import Health, Readiness
from shared.middleware import BodyCap, Deadlines, RequestContext
from shared.security_headers import SecurityHeaders
from shared.settings import ServiceSettings
from shared.telemetry import Metrics
from shared.tracing import Traced, Tracing

ReadinessCheck = Callable[[], Awaitable[Readiness]]


class ServiceState(TypedDict):
    """What each service's lifespan yields at least; a service's own state extends it."""

    readiness: ReadinessCheck


STOPPING = "stopping"
"""Name of the app's state that is true once the service has been told to stop."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_service(
    name: str,
    settings: ServiceSettings,
    lifespan: Lifespan,
    routers: Sequence[APIRouter],
    metrics: Metrics,
    description: str = "",
    guards: Sequence[Middleware] = (),
    metrics_access: Sequence[params.Depends] = (),
) -> FastAPI:
    """Build a service's app.

    Args:
        name: The service's name, for the log and the OpenAPI document.
        settings: Gives the log level and the body cap.
        lifespan: Yields the service's state, a `ServiceState` at least.
        routers: The service's own endpoints.
        metrics: Answers `/metrics`; what the service measures itself is registered in it.
        description: Opens the OpenAPI document.
        guards: Look at each request before its body is read, the first of them first. What they refuse is counted,
            logged and answered with the request's id, as everything is.
        metrics_access: What it takes to read `/metrics`, as dependencies.
    """
    logging.configure(name, settings.log_level)
    endpoint = settings.otel_exporter_otlp_endpoint
    tracing = None if endpoint is None else Tracing(name, endpoint)
    app = FastAPIOffline(  # its documentation page asks no other host for scripts
        title=f"Lookalike {name}",
        version=version("lookalike"),
        description=description,
        lifespan=lifespan if tracing is None else _closing(tracing, lifespan),
        redoc_url=None,
        responses=openapi.PROBLEM_RESPONSE,
        generate_unique_id_function=openapi.operation_id,
    )
    for router in routers:
        app.include_router(router)
    app.include_router(_operations(metrics, metrics_access))
    problems.install(app)
    openapi.install(app)
    app.add_middleware(BodyCap, limit=settings.max_body_bytes, seconds=settings.body_timeout_seconds)
    app.add_middleware(Deadlines)
    for guard in reversed(guards):
        app.add_middleware(guard.cls, *guard.args, **guard.kwargs)
    app.add_middleware(SecurityHeaders, pages=frozenset({"/docs", "/docs/oauth2-redirect"}))
    if tracing is not None:
        app.add_middleware(Traced, tracing=tracing)
    app.add_middleware(RequestContext, metrics=metrics)
    return app


def _closing(tracing: Tracing, lifespan: Lifespan) -> Lifespan:
    @asynccontextmanager
    async def closing(app: FastAPI) -> AsyncIterator[Any]:
        async with lifespan(app) as state:
            yield state
        await asyncio.to_thread(tracing.close)

    return closing


async def _readiness_check(request: Request) -> ReadinessCheck:
    check: ReadinessCheck = request.state.readiness
    return check


def _operations(metrics: Metrics, metrics_access: Sequence[params.Depends]) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Is the process alive?")
    async def healthz() -> Health:
        return Health()

    @router.get("/readyz", summary="Can it do its work?", responses={503: {"model": Readiness}})
    async def readyz(
        request: Request, response: Response, check: Annotated[ReadinessCheck, Depends(_readiness_check)]
    ) -> Readiness:
        stopping = getattr(request.app.state, STOPPING, False)
        readiness = Readiness(ready=False, waiting_for=("It is stopping.",)) if stopping else await check()
        response.status_code = 200 if readiness.ready else 503
        return readiness

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, dependencies=metrics_access)
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=telemetry.MEDIA_TYPE)

    return router
