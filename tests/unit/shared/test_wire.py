from datetime import UTC, datetime

import msgpack
import pytest
from pydantic import ValidationError

from shared import wire
from shared.contracts.embedding import SpaceRef, Thumbnail
from shared.contracts.examples import Example
from shared.contracts.search import ImageCommit, ImageRecord, QueryRequest
from shared.contracts.searches import SearchByVector, VectorExample
from shared.errors import InvalidRequest, UnsupportedMediaType

SPACE = SpaceRef(fingerprint="0123456789abcdef", dimensions=3, metric="cosine")
COMMIT = ImageCommit(
    sha256="a" * 64,
    content_type="image/png",
    width=4,
    height=3,
    label="kite",
    metadata={"year": 2004, "ratio": 0.5, "mine": True, "note": None},
    space=SPACE,
    vector=[0.5, -0.25, 1.0],
    thumbnail=Thumbnail(width=2, height=1, data=b"\xff\xd8\x00"),
)
RECORD = ImageRecord(
    collection="default",
    id="x",
    sha256="a" * 64,
    content_type="image/png",
    size=3,
    width=4,
    height=3,
    label=None,
    metadata={},
    revision=7,
    created_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    updated_at=datetime(2026, 1, 2, tzinfo=UTC),
)


@pytest.mark.parametrize("form", [wire.JSON, wire.MSGPACK, "application/json; charset=utf-8"])
@pytest.mark.parametrize("contract", [COMMIT, RECORD, SPACE])
def test_both_forms_carry_every_field(form: str, contract: ImageCommit | ImageRecord | SpaceRef) -> None:
    encoded = wire.encode(contract, form.partition(";")[0])
    assert wire.decode(type(contract), encoded, form) == contract


def test_a_vector_is_raw_float32_in_the_binary_form_and_numbers_in_json() -> None:
    assert msgpack.unpackb(wire.encode(COMMIT))["vector"] == bytes.fromhex("0000003f000080be0000803f")
    assert b'"vector":[0.5,-0.25,1.0]' in wire.encode(COMMIT, wire.JSON)


@pytest.mark.parametrize(
    ("body", "form"), [(b"\xc1", wire.MSGPACK), (b"", wire.MSGPACK), (b"{", wire.JSON), (b"\xff", wire.JSON)]
)
def test_a_body_that_is_not_of_its_form_is_refused(body: bytes, form: str) -> None:
    with pytest.raises(InvalidRequest):
        wire.decode(QueryRequest, body, form)


def test_wrong_fields_are_named_without_repeating_their_values() -> None:
    body = msgpack.packb({"space": SPACE.model_dump(), "examples": [{"vector": b"123"}], "secret": "s3cret"})
    with pytest.raises(InvalidRequest) as refused:
        wire.decode(QueryRequest, body, wire.MSGPACK)
    assert {"body.examples.0.vector", "body.secret"} <= {error.field for error in refused.value.errors}
    assert "s3cret" not in repr(refused.value.errors)


def test_another_media_type_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        wire.decode(QueryRequest, b"<xml/>", "application/xml")


@pytest.mark.parametrize("values", [[], ["a"], [1e39], b"", b"12345", 5])
def test_what_is_no_vector_is_refused(values: object) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"vector": values})


@pytest.mark.parametrize("values", ["", "AAAA", "AAAAPw", "AAAAPw== ", "-___Pw==", "äAAAPw==", [], ["a"], [1e39]])
def test_what_is_no_vector_of_a_search_is_refused(values: object) -> None:
    with pytest.raises(ValidationError):
        VectorExample.model_validate({"vector": values})


def test_a_vector_of_a_search_is_a_list_of_numbers_or_their_bytes_in_base64() -> None:
    packed = VectorExample.model_validate({"vector": [0.5, -0.5]}).vector
    assert packed == VectorExample.model_validate({"vector": "AAAAPwAAAL8="}).vector
    asked = SearchByVector(space=SPACE, examples=(VectorExample(vector=packed),))
    assert SearchByVector.model_validate_json(asked.model_dump_json()) == asked


@pytest.mark.parametrize(
    "metadata",
    [
        {"": 1},
        {"k" * 65: 1},
        {"nested": {}},
        {"list": []},
        {"huge": 10**400},
        {"nan": float("nan")},
        {"long": "x" * 16_384},
        {str(number): number for number in range(65)},
    ],
)
def test_metadata_is_flat_and_bounded(metadata: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ImageCommit.model_validate({**COMMIT.model_dump(), "metadata": metadata})
