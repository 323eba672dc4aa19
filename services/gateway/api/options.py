"""Which of the neighbours are asked for: the parameters that every search has."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import AfterValidator, Field, ValidationError

from shared.contracts.filters import Filter
from shared.contracts.inclusion import MAX_HEATMAPS, Include
from shared.contracts.search import MAX_K, MAX_OFFSET, Quality, Revision
from shared.contracts.searches import SearchOptions
from shared.errors import InvalidFilter, InvalidRequest, KOutOfRange
from shared.validation import field_errors


def _in_range(k: int) -> int:
    if not 1 <= k <= MAX_K:
        raise KOutOfRange(f"Ask for 1 to {MAX_K} results.")
    return k


# The bounds are shown as the schema has them, but checked by our own validator: the answer names its own code.
K = Annotated[
    int,
    AfterValidator(_in_range),
    Query(description="How many results.", json_schema_extra={"minimum": 1, "maximum": MAX_K}),
]


_JSON_FILTER: dict[str, Any] = {
    "contentMediaType": "application/json",
    "contentSchema": {"$ref": "#/components/schemas/Filter"},
}
MAX_FILTER = 16_000
"""Longest filter in an address, in characters, most of which percent signs make three; in bodies it may be longer."""

FilterText = Annotated[
    Annotated[str, Field(max_length=MAX_FILTER, json_schema_extra=_JSON_FILTER)] | None,
    Query(
        alias="filter",
        description="Which images are meant, as a JSON object with any of `labels`, `metadata` (conditions with a "
        "`key` and either `any_of` or some of `gt`, `gte`, `lt`, `lte`), `ids` and `not_ids`. A search has `k` "
        "results where `k` images meet all conditions.",
        examples=['{"labels": ["lotus"], "metadata": [{"key": "year", "gte": 2004}]}'],
    ),
]


async def _options(
    k: K = 10,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="How many results are passed over first.")] = 0,
    filter_: FilterText = None,
    min_score: Annotated[
        float | None, Query(allow_inf_nan=False, description="Results with a smaller score are left out.")
    ] = None,
    min_percentile: Annotated[
        float | None, Query(ge=0, le=1, description="Results with a smaller percentile are left out.")
    ] = None,
    collapse: Annotated[
        float | None,
        Query(
            gt=0,
            le=1,
            description="Near-duplicates: a result whose score to a nearer one is at least this is left out."
            f" `offset` and `k` are then together at most {MAX_K}.",
        ),
    ] = None,
    quality: Annotated[
        Quality,
        Query(
            description="`high` orders the three hundred nearest images anew by what they have in common: scores are"
            " then those of this comparison."
        ),
    ] = "standard",
    min_revision: Annotated[
        Revision, Query(description="Wait until searches see this write: the `revision` that an upload answered.")
    ] = 0,
    include: Annotated[
        Sequence[Include],
        Query(
            max_length=8,
            description=f"What the answer has inline of each result; heat maps of the first {MAX_HEATMAPS} alone. What "
            "makes the answer too long is left out.",
        ),
    ] = (),
) -> SearchOptions:
    try:
        return SearchOptions(
            k=k,
            offset=offset,
            filter=None if filter_ is None else parse_filter(filter_),
            min_score=min_score,
            min_percentile=min_percentile,
            collapse=collapse,
            quality=quality,
            min_revision=min_revision,
            include=tuple(include),
        )
    except ValidationError as error:
        raise InvalidRequest(errors=field_errors(error.errors(), "query")) from None


def parse_filter(text: str) -> Filter:
    """Read a filter from its JSON.

    Raises:
        InvalidFilter: It is none.
    """
    try:
        return Filter.model_validate_json(text)
    except ValidationError as error:
        raise InvalidFilter(errors=field_errors(error.errors(), "query.filter")) from None


Options = Annotated[SearchOptions, Depends(_options)]
