"""Which web pages may read what the gateway answers."""

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers

from shared.errors import Forbidden
from shared.problems import problem_response

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SHOWN = (
    "content-range",
    "etag",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "server-timing",
    "x-request-id",
)


class CorsWithProblems(CORSMiddleware):
    """Tells a browser that asks for a page what it may do; a refusal is a problem document, as everywhere."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        refusal = Forbidden("A page of this origin may not do this here; CORS_ORIGIN_REGEX says which may.")
        return problem_response(refusal)


def install(app: FastAPI, origins: str) -> None:
    """Let pages of the origins that the pattern admits read answers and what is in their heads."""
    app.add_middleware(
        CorsWithProblems,
        allow_origin_regex=origins,
        allow_methods=_METHODS,
        allow_headers=["*"],
        expose_headers=_SHOWN,
    )
