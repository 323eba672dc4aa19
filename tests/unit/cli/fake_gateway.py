"""The part of the gateway that an ingest calls, in memory, with refusals and delays to order."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import anyio
import httpx
from fastapi import FastAPI, Form, Response, UploadFile

from shared import problems
from shared.clients.gateway import GatewayClient
from shared.contracts.embedding import EmbeddingSpace
from shared.contracts.gateway import Image, ImageLinks, Stats, StoredImage
from shared.contracts.health import Readiness
from shared.contracts.search import CollectionStats, KnownRequest, KnownResponse, SearchStats
from shared.errors import LookalikeError


class FakeGateway:
    """Keeps what is uploaded; `refusals` are raised for the files of these bytes, one after the other."""

    def __init__(self, refusals: dict[bytes, list[LookalikeError]] | None = None) -> None:
        self.images: dict[str, tuple[str | None, str | None]] = {}
        """Label and metadata (as JSON) by digest."""
        self.refusals = refusals or {}
        self.readiness = Readiness(ready=True)
        self.asked: list[int] = []
        """How many digests each call asked for."""
        self.uploads = 0
        self.in_flight = self.most_in_flight = 0
        self.bytes_in_flight = self.most_bytes_in_flight = 0

    @asynccontextmanager
    async def client(self) -> AsyncIterator[GatewayClient]:
        transport = httpx.ASGITransport(self._app())
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
            yield GatewayClient(http)

    def _app(self) -> FastAPI:
        app = FastAPI()
        problems.install(app)

        @app.get("/readyz")
        async def readyz(response: Response) -> Readiness:
            response.status_code = 200 if self.readiness.ready else 503
            return self.readiness

        @app.get("/v1/stats")
        async def stats() -> Stats:
            return self._stats()

        @app.post("/v1/images/known")
        async def known(request: KnownRequest) -> KnownResponse:
            self.asked.append(len(request.sha256))
            return KnownResponse(sha256=tuple(digest for digest in request.sha256 if digest in self.images))

        @app.post("/v1/images")
        async def add(
            image: UploadFile,
            label: Annotated[str | None, Form()] = None,
            metadata: Annotated[str | None, Form()] = None,
        ) -> StoredImage:
            data = await image.read()
            self.uploads += 1
            self._enter(len(data))
            try:
                await anyio.sleep(0.01)
                if self.refusals.get(data):
                    raise self.refusals[data].pop(0)
                return self._store(data, label, metadata)
            finally:
                self._enter(-len(data))

        return app

    def _stats(self) -> Stats:
        space = EmbeddingSpace(
            fingerprint="0" * 16,
            dimensions=1,
            metric="cosine",
            recipe="pooled",
            description="",
            weights="none",
            weights_sha256="0" * 64,
            image_size=1,
            precision="float32",
        )
        held = CollectionStats(name="default", images=len(self.images), space=None)
        collections = (held,) if self.images else ()
        return Stats(
            version="1",
            url_fetch=False,
            embedder=space,
            search=SearchStats(revision=0, store="memory", collections=collections),
        )

    def _enter(self, size: int) -> None:
        self.in_flight += 1 if size >= 0 else -1
        self.bytes_in_flight += size
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.most_bytes_in_flight = max(self.most_bytes_in_flight, self.bytes_in_flight)

    def _store(self, data: bytes, label: str | None, metadata: str | None) -> StoredImage:
        digest = hashlib.sha256(data).hexdigest()
        created = digest not in self.images
        self.images[digest] = (label, metadata)
        now = datetime.now(UTC)
        image = Image(
            id=digest[:32],
            collection="default",
            label=label,
            metadata={},
            sha256=digest,
            content_type="image/jpeg",
            size=len(data),
            width=1,
            height=1,
            revision=1,
            created_at=now,
            updated_at=now,
            links=ImageLinks(self="/", content="/", thumbnail="/", similar="/"),
        )
        return StoredImage(image=image, created=created)
