"""The order of an upload's steps where a service behind the gateway refuses one of them."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from services.gateway.recipes import Recipes
from services.gateway.uploads import Uploads
from shared import wire
from shared.clients.embedder import EmbedderClient
from shared.clients.search import SearchClient
from shared.contracts.collections import Collection
from shared.contracts.embedding import EmbeddedImage, EmbeddingSpace, EmbedResponse, Thumbnail
from shared.contracts.search import BlobResponse, CommitResponse, ImageRecord
from shared.errors import Conflict, EmbeddingSpaceMismatch, LookalikeError, NotFound, UndecodableImage

DATA = b"the bytes of an image"
SHA256 = hashlib.sha256(DATA).hexdigest()
SPACE = EmbeddingSpace(
    fingerprint="0" * 16,
    dimensions=1,
    metric="cosine",
    recipe="r",
    description="",
    weights="w",
    weights_sha256="0" * 64,
    image_size=8,
    precision="float32",
)
EMBEDDED = EmbeddedImage(
    sha256=SHA256,
    content_type="image/png",
    width=1,
    height=1,
    vector=b"\0\0\x80\x3f",
    thumbnail=Thumbnail(width=1, height=1, data=b"jpeg"),
)
RECORD = ImageRecord(
    collection="c",
    id=SHA256[:32],
    sha256=SHA256,
    content_type="image/png",
    size=len(DATA),
    width=1,
    height=1,
    label="kite",
    metadata={},
    revision=1,
    created_at=datetime.now(UTC),
    updated_at=datetime.now(UTC),
)
COLLECTION = Collection(
    name="c", images=1, recipe=None, space=None, projection=None, description="", aliases=(), created_at=None
)
Answer = httpx.Response


def ok(contract: EmbedResponse | BlobResponse | CommitResponse | ImageRecord | Collection) -> Answer:
    return Answer(200, content=wire.encode(contract), headers={"content-type": wire.MSGPACK})


def refused(error: LookalikeError) -> Answer:
    return Answer(error.status, content=error.problem().model_dump_json())


class Script:
    """Answers each call by what the test says of it, in order, and notes the calls."""

    def __init__(self, **answers: list[Answer]) -> None:
        self._answers = answers
        self.calls: list[str] = []

    def __call__(self, request: httpx.Request) -> Answer:
        kind = next(kind for kind in ("blob", "image", "embed", "collection") if kind in request.url.path)
        call = f"{request.method.lower()}_{kind}"
        self.calls.append(call)
        return self._answers[call].pop(0)


def uploads(script: Callable[[httpx.Request], Answer]) -> Uploads:
    http = httpx.AsyncClient(transport=httpx.MockTransport(script), base_url="http://service")
    embedder, search = EmbedderClient("embedder", http), SearchClient("search", http)
    return Uploads(embedder, search, Recipes(embedder, search))


async def test_bytes_are_released_when_the_embedder_refuses_the_image() -> None:
    script = Script(
        get_image=[refused(NotFound())],
        post_embed=[refused(UndecodableImage("Truncated."))],
        put_blob=[ok(BlobResponse(sha256=SHA256, size=len(DATA)))],
        delete_blob=[Answer(204)],
    )
    with pytest.raises(UndecodableImage, match="Truncated"):
        await uploads(script).add("c", DATA, None, None)
    assert script.calls[-1] == "delete_blob"


async def test_bytes_that_vanished_before_the_commit_are_sent_again() -> None:
    script = Script(
        get_image=[refused(NotFound())],
        post_embed=[ok(EmbedResponse(space=SPACE, images=(EMBEDDED,)))],
        put_blob=[ok(BlobResponse(sha256=SHA256, size=len(DATA)))] * 2,
        put_image=[refused(Conflict("No bytes.")), ok(CommitResponse(record=RECORD, created=True))],
    )
    assert (await uploads(script).add("c", DATA, "kite", None)).created
    assert script.calls[-3:] == ["put_image", "put_blob", "put_image"]


async def test_bytes_are_released_when_the_collection_has_another_space() -> None:
    script = Script(
        get_image=[refused(NotFound())],
        post_embed=[ok(EmbedResponse(space=SPACE, images=(EMBEDDED,)))],
        put_blob=[ok(BlobResponse(sha256=SHA256, size=len(DATA)))],
        put_image=[refused(EmbeddingSpaceMismatch())],
        delete_blob=[Answer(204)],
        get_collection=[ok(COLLECTION)],
    )
    with pytest.raises(EmbeddingSpaceMismatch):
        await uploads(script).add("c", DATA, None, None)
    assert script.calls[-2:] == ["delete_blob", "get_collection"]


async def test_an_image_is_embedded_again_where_its_collection_has_another_recipe() -> None:
    script = Script(
        get_image=[refused(NotFound())],
        post_embed=[ok(EmbedResponse(space=SPACE, images=(EMBEDDED,)))] * 2,
        put_blob=[ok(BlobResponse(sha256=SHA256, size=len(DATA)))] * 2,
        put_image=[refused(EmbeddingSpaceMismatch()), ok(CommitResponse(record=RECORD, created=True))],
        delete_blob=[Answer(204)],
        get_collection=[ok(COLLECTION.model_copy(update={"recipe": "pooled"}))],
    )
    assert (await uploads(script).add("c", DATA, None, None)).created
    assert script.calls.count("post_embed") == 2
    assert script.calls[-1] == "put_image"


async def test_an_image_that_is_stored_already_is_not_embedded_again() -> None:
    script = Script(get_image=[ok(RECORD)])
    stored = await uploads(script).add("c", DATA, "kite", None)
    assert (stored.record, stored.created, script.calls) == (RECORD, False, ["get_image"])
