"""The stored images of a search by upload: a field of the form."""

from typing import Annotated

from fastapi import Depends, Form
from pydantic import TypeAdapter, ValidationError

from services.gateway.api.searches.refusals import refusal
from shared.contracts.searches import StoredExample, StoredExamples
from shared.validation import field_errors

_EXAMPLES = TypeAdapter(StoredExamples)


async def _examples(
    examples: Annotated[
        str | None,
        Form(
            description="Stored images to look for, or to avoid, besides: a JSON list, each with its `id` and, if you "
            "like, `weight` and `region`.",
            examples=['[{"id": "pond-1"}, {"id": "street-7", "weight": -0.5}]'],
            max_length=20_000,
        ),
    ] = None,
) -> tuple[StoredExample, ...]:
    if examples is None:
        return ()
    try:
        return _EXAMPLES.validate_json(examples)
    except ValidationError as error:
        raise refusal(field_errors(error.errors(), "body.examples")) from None


StoredExamplesField = Annotated[tuple[StoredExample, ...], Depends(_examples)]
