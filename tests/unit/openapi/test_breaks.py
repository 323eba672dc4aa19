"""What is refused as a change of a promised description, and what is not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.support.openapi.breaks import breaks

Json = dict[str, Any]
Change = Callable[[Json], object]

DOCUMENT: Json = {
    "paths": {
        "/v1/kites/{id}": {
            "post": {
                "operationId": "fly",
                "security": [{"bearer": ["search"]}],
                "parameters": [
                    {"in": "path", "name": "id", "required": True, "schema": {"type": "string", "pattern": "^k"}},
                    {"in": "query", "name": "k", "schema": {"type": "integer", "maximum": 1000, "default": 10}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Flight"}}}},
                "responses": {
                    "200": {
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Kite"}}},
                    },
                    "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                    "default": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Flight": {
                "type": "object",
                "required": ["height"],
                "additionalProperties": False,
                "properties": {
                    "height": {"type": "number", "minimum": 0},
                    "wind": {"enum": ["calm", "storm"], "type": "string"},
                    "with": {"type": "array", "items": {"$ref": "#/components/schemas/Flight"}, "maxItems": 5},
                    "note": {"anyOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]},
                },
            },
            "Kite": {
                "type": "object",
                "required": ["id", "colour"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "colour": {"enum": ["red", "blue"], "type": "string"},
                    "length": {"type": "integer"},
                    "tail": {"$ref": "#/components/schemas/Kite"},
                },
            },
        }
    },
}


def operation(document: Json) -> Json:
    found: Json = document["paths"]["/v1/kites/{id}"]["post"]
    return found


def asked(document: Json) -> Json:
    flight: Json = document["components"]["schemas"]["Flight"]
    return flight


def answered(document: Json) -> Json:
    kite: Json = document["components"]["schemas"]["Kite"]
    return kite


def found(change: Change) -> list[str]:
    changed = deepcopy(DOCUMENT)
    change(changed)
    assert changed != DOCUMENT
    return breaks(DOCUMENT, changed)


FLY = "POST /v1/kites/{id}"
BREAKS: dict[str, tuple[Change, str]] = {
    "an address is gone": (lambda d: d["paths"].clear(), f"{FLY}: is gone"),
    "a method is gone": (lambda d: d["paths"]["/v1/kites/{id}"].pop("post"), f"{FLY}: is gone"),
    "an operation has another name": (
        lambda d: operation(d).update(operationId="soar"),
        f"{FLY}: is no longer named fly; clients that were generated call it so",
    ),
    "a parameter is gone": (lambda d: operation(d)["parameters"].pop(), f"{FLY}: query k: is gone"),
    "a parameter is required now": (
        lambda d: operation(d)["parameters"][1].update(required=True),
        f"{FLY}: query k: is required now",
    ),
    "a required parameter is new": (
        lambda d: operation(d)["parameters"].append({"in": "header", "name": "wind", "required": True, "schema": {}}),
        f"{FLY}: header wind: is new and required",
    ),
    "a parameter's bound is tighter": (
        lambda d: operation(d)["parameters"][1]["schema"].update(maximum=100),
        f"{FLY}: query k: maximum is 100, and was 1000",
    ),
    "a parameter has a bound": (
        lambda d: operation(d)["parameters"][1]["schema"].update(minimum=1),
        f"{FLY}: query k: minimum is 1, and was None",
    ),
    "a parameter has another default": (
        lambda d: operation(d)["parameters"][1]["schema"].update(default=20),
        f"{FLY}: query k: is 20 where nothing is said, and was 10",
    ),
    "a parameter has another pattern": (
        lambda d: operation(d)["parameters"][0]["schema"].update(pattern="^kite"),
        f"{FLY}: path id: pattern is '^kite', and was '^k'",
    ),
    "a parameter has another type": (
        lambda d: operation(d)["parameters"][1]["schema"].update(type="string"),
        f"{FLY}: query k: is string, and was integer",
    ),
    "the body is gone": (lambda d: operation(d).pop("requestBody"), f"{FLY}: body: is gone"),
    "the body is required now": (
        lambda d: operation(d)["requestBody"].update(required=True),
        f"{FLY}: body: is required now",
    ),
    "a media type is taken no more": (
        lambda d: operation(d)["requestBody"].update(content={"text/plain": {}}),
        f"{FLY}: body: application/json is gone",
    ),
    "a field that was sent is gone": (lambda d: asked(d)["properties"].pop("wind"), f"{FLY}: body.wind: is gone"),
    "a field has to be sent": (
        lambda d: asked(d)["required"].append("wind"),
        f"{FLY}: body.wind: is required now",
    ),
    "a new field has to be sent": (
        lambda d: (asked(d)["properties"].update(place={"type": "string"}), asked(d)["required"].append("place")),
        f"{FLY}: body.place: is required now",
    ),
    "a value is taken no more": (
        lambda d: asked(d)["properties"]["wind"].update(enum=["calm"]),
        f"{FLY}: body.wind: the value 'storm' is gone",
    ),
    "only some values are taken": (
        lambda d: asked(d)["properties"]["height"].update(enum=[1, 2]),
        f"{FLY}: body.height: only some values are taken now",
    ),
    "null is taken no more": (
        lambda d: asked(d)["properties"].update(note={"type": "string", "maxLength": 80}),
        f"{FLY}: body.note: is string, and was null",
    ),
    "fewer items are taken": (
        lambda d: asked(d)["properties"]["with"].update(maxItems=4),
        f"{FLY}: body.with: maxItems is 4, and was 5",
    ),
    "fractions are taken no more": (
        lambda d: asked(d)["properties"]["height"].update(type="integer"),
        f"{FLY}: body.height: is integer, and was number",
    ),
    "a word that nobody compares has changed": (
        lambda d: asked(d).update({"not": {"required": ["wind"]}}),
        f"{FLY}: body: not has changed, and what that means is for people to say",
    ),
    "an answer is gone": (lambda d: operation(d)["responses"].pop("200"), f"{FLY}: 200: is gone"),
    "failures have no common form": (lambda d: operation(d)["responses"].pop("default"), f"{FLY}: default: is gone"),
    "a failure has another media type": (
        lambda d: operation(d)["responses"]["404"].update(content={"text/plain": {}}),
        f"{FLY}: 404: application/problem+json is gone",
    ),
    "an answer's header is gone": (
        lambda d: operation(d)["responses"]["200"].pop("headers"),
        f"{FLY}: 200: the header ETag is gone",
    ),
    "a field of an answer is gone": (lambda d: answered(d)["properties"].pop("length"), f"{FLY}: 200.length: is gone"),
    "a field of an answer may be missing": (
        lambda d: answered(d)["required"].remove("id"),
        f"{FLY}: 200.id: may be missing now",
    ),
    "a field of an answer may be null": (
        lambda d: answered(d)["properties"].update(length={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        f"{FLY}: 200.length: is null, and was integer",
    ),
    "a field of an answer has another form": (
        lambda d: answered(d)["properties"]["id"].update(format="uri"),
        f"{FLY}: 200.id: format is 'uri', and was 'uuid'",
    ),
    "a value is answered no more": (
        lambda d: answered(d)["properties"]["colour"].update(enum=["red"]),
        f"{FLY}: 200.colour: the value 'blue' is gone",
    ),
    "any value is answered": (
        lambda d: answered(d)["properties"].update(colour={"type": "string"}),
        f"{FLY}: 200.colour: any value is answered now",
    ),
    "a key is not enough": (
        lambda d: operation(d).update(security=[{"bearer": ["search", "write"]}]),
        f"{FLY}: security: bearer ['search'] does not do any more",
    ),
}


@pytest.mark.parametrize(("change", "told"), BREAKS.values(), ids=BREAKS.keys())
def test_what_breaks_a_client_is_told_with_its_place(change: Change, told: str) -> None:
    assert told in found(change)


KEPT: dict[str, Change] = {
    "an address is new": lambda d: d["paths"].update({"/v1/winds": {"get": {"responses": {}}}}),
    "an optional parameter is new": lambda d: operation(d)["parameters"].append(
        {"in": "query", "name": "wind", "schema": {"type": "string"}}
    ),
    "a bound is wider": lambda d: operation(d)["parameters"][1]["schema"].update(maximum=2000),
    "a bound is gone": lambda d: asked(d)["properties"]["height"].pop("minimum"),
    "a field may be left out": lambda d: asked(d)["required"].remove("height"),
    "a field may be sent": lambda d: asked(d)["properties"].update(place={"type": "string"}),
    "a field may be null": lambda d: asked(d)["properties"].update(
        height={"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]}
    ),
    "another value is taken": lambda d: asked(d)["properties"]["wind"]["enum"].append("gale"),
    "any value is taken": lambda d: asked(d)["properties"].update(wind={"type": "string"}),
    "another media type is taken": lambda d: operation(d)["requestBody"]["content"].update({"text/plain": {}}),
    "an answer has another field": lambda d: answered(d)["properties"].update(age={"type": "integer"}),
    "a field of an answer is always there": lambda d: answered(d)["required"].append("length"),
    "another value is answered": lambda d: answered(d)["properties"]["colour"]["enum"].append("green"),
    "a failure is new": lambda d: operation(d)["responses"].update({"409": {"content": {}}}),
    "a failure is gone": lambda d: operation(d)["responses"].pop("404"),
    "another way to show a key": lambda d: operation(d)["security"].append({"header": ["search"]}),
    "nobody has to show a key": lambda d: operation(d).update(security=[{}]),
    "something is described in other words": lambda d: answered(d).update(description="A thing that flies."),
}


@pytest.mark.parametrize("change", KEPT.values(), ids=KEPT.keys())
def test_what_is_added_breaks_nobody(change: Change) -> None:
    assert found(change) == []


def test_a_description_keeps_itself() -> None:
    assert breaks(DOCUMENT, DOCUMENT) == []
