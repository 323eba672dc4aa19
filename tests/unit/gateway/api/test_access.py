"""Every endpoint of the gateway says what it takes to use it."""

import re
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from services.gateway.api import access
from services.gateway.app import create_app
from services.gateway.gatekeeper import OPEN
from services.gateway.settings import GatewaySettings

SCOPES = {"search", "write", "admin"}
READING_POSTS = re.compile(r"/v1/search(/.*)?|.*/known|.*/heatmap|/api/predict")
"""Addresses that are posted to and change nothing."""


def endpoints() -> Iterator[tuple[str, APIRoute]]:
    """The whole address of each endpoint, and the endpoint."""
    for context in iter_route_contexts(create_app(GatewaySettings()).routes):
        if isinstance(context.original_route, APIRoute) and context.path not in OPEN:
            yield str(context.path), context.original_route


ENDPOINTS = list(endpoints())
GUARDED = [route for _, route in ENDPOINTS]


def dependencies(dependant: Dependant) -> Iterator[Dependant]:
    for needed in dependant.dependencies:
        yield needed
        yield from dependencies(needed)


def scopes(route: APIRoute) -> set[str]:
    return {
        scope
        for needed in dependencies(route.dependant)
        if needed.call is access._in_scope
        for scope in needed.own_oauth_scopes or ()
    }


def test_there_are_endpoints_to_look_at() -> None:
    assert {"/v1/search", "/v1/images", "/v1/stats", "/api/predict", "/metrics"} <= {route.path for route in GUARDED}


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{sorted(route.methods)} {route.path}")
def test_every_endpoint_asks_for_one_scope(route: APIRoute) -> None:
    asked = scopes(route)
    assert len(asked) == 1, "give it `dependencies=` SEARCH, WRITE or ADMIN of services.gateway.api.access"
    assert asked <= SCOPES
    if asked == {"search"}:
        assert (route.methods or set()) <= {"GET", "HEAD"} or READING_POSTS.fullmatch(route.path), (
            "does it change nothing?"
        )


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{sorted(route.methods)} {route.path}")
def test_an_endpoint_of_a_collection_asks_whether_the_key_opens_it(route: APIRoute) -> None:
    parameters = {parameter.alias for parameter in (*route.dependant.query_params, *route.dependant.path_params)}
    checks = {needed.call for needed in dependencies(route.dependant)}
    assert ("collection" in parameters) == (access._in_collection in checks)


@pytest.mark.parametrize(("address", "route"), ENDPOINTS, ids=lambda value: value if isinstance(value, str) else "")
def test_logs_metrics_and_traces_name_an_endpoint_by_its_whole_address(address: str, route: APIRoute) -> None:
    assert route.path == address


@pytest.mark.parametrize(("keys_file", "optional"), [(None, True), ("keys.json", False)])
def test_the_document_says_whether_a_key_is_needed(keys_file: str | None, optional: bool) -> None:
    document = create_app(GatewaySettings(api_keys_file=keys_file)).openapi()
    assert document["components"]["securitySchemes"].keys() == {"bearer", "header"}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path in OPEN:
                assert "security" not in operation
                continue
            schemes = [next(iter(scheme), "") for scheme in operation["security"]]
            assert schemes == ["bearer", "header", *([""] if optional else [])]
            assert operation["security"][0]["bearer"] == operation["security"][1]["header"] != []
