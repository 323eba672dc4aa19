"""What a caller needs to use an endpoint: declared where the endpoint is, checked before it runs, shown in OpenAPI.

A key limited to some collections opens no others: neither one that the address names, nor the one that it means by
naming none. Endpoints `across` collections take care of that themselves, by `CallerDep`.
"""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes

from services.gateway.caller import Caller
from shared.contracts.access import Scope
from shared.contracts.base import DEFAULT_COLLECTION

# They tell OpenAPI, and so Swagger's "Authorize", how a key is shown. The gatekeeper has looked at it by then.
_BEARER = HTTPBearer(scheme_name="bearer", description="An API key.", auto_error=False)
_HEADER = APIKeyHeader(name="X-API-Key", scheme_name="header", description="An API key.", auto_error=False)


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerDep = Annotated[Caller, Depends(_caller)]


async def _in_scope(
    caller: CallerDep,
    needed: SecurityScopes,
    _: Annotated[Any, Security(_BEARER)],
    __: Annotated[Any, Security(_HEADER)],
) -> Caller:
    scopes: list[Any] = needed.scopes
    for scope in scopes:
        caller.require_scope(scope)
    return caller


async def _in_collection(request: Request, caller: CallerDep) -> None:
    named = [*request.query_params.getlist("collection")]
    if in_path := request.path_params.get("collection"):
        named.append(in_path)
    for collection in named or [DEFAULT_COLLECTION]:
        caller.require_collection(collection)


async def _in_all_collections(caller: CallerDep) -> None:
    caller.require_all_collections()


def across(scope: Scope) -> Any:
    """Ask for a scope, of an endpoint that concerns no single collection."""
    return Security(_in_scope, scopes=[scope])


ALL_COLLECTIONS: Any = Depends(_in_all_collections)
"""For endpoints that tell something of all collections and cannot tell them apart."""
SEARCH: list[Any] = [across("search"), Depends(_in_collection)]
"""For endpoints that only read. An endpoint has one of these as its `dependencies`."""
WRITE: list[Any] = [across("write"), Depends(_in_collection)]
"""For endpoints that add, change or remove images."""
ADMIN: list[Any] = [across("admin"), Depends(_in_collection)]
"""For endpoints that make, rename or remove collections, or remove images in bulk."""


def make_optional(app: FastAPI) -> None:
    """Say in the OpenAPI document that a key may be shown and need not be."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        document = build()
        for path in document["paths"].values():
            for operation in path.values():
                security = operation.get("security", [{}])
                if {} not in security:
                    security.append({})
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as in shared.openapi
