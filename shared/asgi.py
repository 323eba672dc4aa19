"""The common app factory: what every service answers beside its own endpoints, and how it fails."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends, FastAPI, Request, Response, params
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware

from shared import logging, openapi, problems, telemetry
from shared.contracts.health import Health, Readiness
from shared.middleware import BodyCap, RequestContext
from shared.security_headers import SecurityHeaders
from shared.settings import ServiceSettings
from shared.telemetry import Metrics

ReadinessCheck = Callable[[], Awaitable[Readiness]]


class ServiceState(TypedDict):
    """What each service's lifespan yields at least; a service's own state extends it."""

    readiness: ReadinessCheck


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
    app = FastAPIOffline(  # its documentation page asks no other host for scripts
        title=f"Lookalike {name}",
        version=version("lookalike"),
        description=description,
        lifespan=lifespan,
        redoc_url=None,
        responses=openapi.PROBLEM_RESPONSE,
        generate_unique_id_function=openapi.operation_id,
    )
    for router in routers:
        app.include_router(router)
    app.include_router(_operations(metrics, metrics_access))
    problems.install(app)
    openapi.install(app)
    app.add_middleware(BodyCap, limit=settings.max_body_bytes)
    for guard in reversed(guards):
        app.add_middleware(guard.cls, *guard.args, **guard.kwargs)
    app.add_middleware(SecurityHeaders, pages=frozenset({"/docs", "/docs/oauth2-redirect"}))
    app.add_middleware(RequestContext, metrics=metrics)
    return app


async def _readiness_check(request: Request) -> ReadinessCheck:
    check: ReadinessCheck = request.state.readiness
    return check


def _operations(metrics: Metrics, metrics_access: Sequence[params.Depends]) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Is the process alive?")
    async def healthz() -> Health:
        return Health()

    @router.get("/readyz", summary="Can it do its work?", responses={503: {"model": Readiness}})
    async def readyz(response: Response, check: Annotated[ReadinessCheck, Depends(_readiness_check)]) -> Readiness:
        readiness = await check()
        response.status_code = 200 if readiness.ready else 503
        return readiness

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, dependencies=metrics_access)
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=telemetry.MEDIA_TYPE)

    return router
