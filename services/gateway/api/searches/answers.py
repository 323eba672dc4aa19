"""The answer that every search gives."""

from fastapi import Response

from services.gateway import resources
from services.gateway.api.failures import SEARCHES
from services.gateway.searches import Answer
from shared.contracts.gateway import SearchResponse
from shared.openapi import Responses, refusals
from shared.stopwatch import server_timing

ANSWER: Responses = {
    200: {
        "headers": {
            "Server-Timing": {
                "description": "Milliseconds of each stage, as in `timings`.",
                "schema": {"type": "string"},
                "example": "embed;dur=73.5, search;dur=2.2, total;dur=95.4",
            }
        }
    },
    **refusals(*SEARCHES),
}


def answered(response: Response, answer: Answer) -> SearchResponse:
    """Show what was found, and say in a header where the time went."""
    response.headers["server-timing"] = server_timing(answer.found.timings)
    return resources.search_response(answer)
