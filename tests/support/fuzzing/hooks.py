"""What schemathesis cannot read in the description is told to it here, before each request is sent.

JSON Schema has no words for rules between fields ("one weight for each image"), for what an image is, or for what is
stored. Requests that are meant to be valid are made to keep such rules; those that are meant to be refused go out as
they were made up.
"""

import base64
import json
import os
import re
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis import Case, CheckContext, GenerationMode, HookContext, Response
from schemathesis.core import NOT_SET

from shared.contracts.examples import MAX_EXAMPLES
from tests.support.images import ENCODERS, jpeg, picture

IMAGE_URL = "FUZZ_IMAGE_URL"
"""Environment variable that names an image which the gateway may fetch."""

STORED = ("pond-1", "pond-2")
"""Images that are in the collection `default` when the run begins."""

_PICTURE = picture(1, size=(32, 24))
_JPEG = jpeg(_PICTURE)
_REGION = {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}
_REGION_TEXT = "0.25,0.25,0.5,0.5"
_FILTER = {"labels": ["pond"], "metadata": [{"key": "year", "gte": 2004}]}
_PLACE = base64.urlsafe_b64encode(b"0" * 32).decode().rstrip("=")
_QUERY = {"cursor": _PLACE, "region": _REGION_TEXT, "filter": json.dumps(_FILTER)}

_NUMBER = re.compile(r"[0-9][0-9.e+]*")

Body = dict[str, Any]

for media_type, encode in ENCODERS.items():
    schemathesis.openapi.media_type(media_type, strategies.just(encode(_PICTURE)))


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], __: dict[str, Any]) -> None:
    """Change a request before it is sent."""
    for container in (case.query, case.body):
        # Waiting for a write that nobody has made ends with 503, and is meant to.
        if isinstance(container, dict) and _NUMBER.fullmatch(str(container.get("min_revision"))):
            container["min_revision"] = 0
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        _make_valid(case)


@schemathesis.check
def status_is_named(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Let no answer be described by `default` alone, with which schemathesis is content."""
    named = case.operation.definition.raw["responses"]
    # 405 answers operations that are not described.
    assert response.status_code == 405 or str(response.status_code) in named, f"{response.status_code} is not named"


def _make_valid(case: Case[Any]) -> None:
    case.headers.pop("if-match", None)  # which versions there are by then, nobody knows
    if isinstance(case.query, dict):
        case.query.update({name: value for name, value in _QUERY.items() if case.query.get(name) is not None})
        _keep_few(case.query)
    if case.path_parameters and "image_id" in case.path_parameters and case.method != "DELETE":
        case.path_parameters["image_id"] = STORED[len(case.path_parameters["image_id"]) % 2]
    name = case.operation.definition.raw["operationId"]
    if name == "search_by_upload" and not isinstance(case.body, dict):
        case.body, case.media_type = {}, "multipart/form-data"
    if isinstance(case.body, dict) and (repair := _REPAIRS.get(name)):
        repair(case.body)
    # A form with files in it that was changed counts as invalid otherwise, for files are no JSON.
    case._sync_validated_hashes()


def _keep_few(options: Body) -> None:
    if options.get("collapse") is not None:
        options["offset"] = 0


def _upload(form: Body) -> None:
    form["image"] = _JPEG
    _say(form, metadata='{"year": 2004}', region=_REGION_TEXT)


def _batch(form: Body) -> None:
    files = form.get("images")
    form["images"] = [_JPEG] * (len(files) if isinstance(files, list) and files else 1)
    _say(form, facts=json.dumps([{"label": "pond"}] + [None] * (len(form["images"]) - 1)))


def _files(form: Body) -> None:
    files = form.get("image")
    # One place is left for the stored image.
    form["image"] = [_JPEG] * (min(len(files), MAX_EXAMPLES - 1) if isinstance(files, list) and files else 1)
    _say(form, weight=[1] * len(form["image"]), region=[""] * len(form["image"]), examples='[{"id": "pond-1"}]')


def _examples(asked: Body) -> None:
    for example in asked["examples"]:
        example["weight"] = 1
        _say(example, region=_REGION, url=os.environ[IMAGE_URL])
    _say(asked, filter=_FILTER)
    _keep_few(asked)


def _vectors(asked: Body) -> None:
    _examples(asked)
    asked["space"]["dimensions"] = 4
    for example in asked["examples"]:
        example["vector"] = [0.5, -0.5, 0.5, 0.5]
    asked["include"] = [part for part in asked.get("include", ()) if part != "heatmap"]


def _removal(asked: Body) -> None:
    asked["filter"] = _FILTER
    asked["any_count"] = True


def _decision(decision: Body) -> None:
    decision["ids"] = list(STORED)
    decision["keep"] = STORED[0] if decision["verdict"] == "keep" else None


def _collection(new: Body) -> None:
    _say(new, recipe="layout")  # the extractor without weights has others than the network


def _from_url(image: Body) -> None:
    image["url"] = os.environ[IMAGE_URL]


def _say(container: Body, **values: Any) -> None:
    """Replace what is given."""
    container.update({name: value for name, value in values.items() if container.get(name) not in (None, NOT_SET)})


_REPAIRS: dict[str, Callable[[Body], None]] = {
    "add_image": _upload,
    "add_image_by_url": _from_url,
    "add_images": _batch,
    "create_collection": _collection,
    "delete_images": _removal,
    "heatmap": _upload,
    "predict": _upload,
    "put_decision": _decision,
    "put_image": _upload,
    "search_by_id": _examples,
    "search_by_upload": _files,
    "search_by_url": _examples,
    "search_by_vector": _vectors,
}
