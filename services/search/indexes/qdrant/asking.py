"""Queries to Qdrant, with the vectors of what they find.

They bypass the client's own objects, which make a Python number of each number of each vector, and take ten times as
long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from qdrant_client import QdrantClient, grpc, models
from qdrant_client.conversions.conversion import RestToGrpc

from services.search.indexes.qdrant.edition import ID, IMAGE, Edition
from services.search.indexes.qdrant.options import Options
from services.search.ports import Vector

_MOST_BYTES = 32 * 2**20
"""Of the vectors in one answer, but for those of a single question."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        query: Projected; shape (d,).
        limit: How many hits at most.
        wanted: Which images may be found; None: all.
        threshold: Worst score of a hit; None: any.
    """

    query: Vector
    limit: int
    wanted: models.Filter | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An image, its projected vector, and how near it is: the scalar product, or the distance in a Euclidean space."""

    id: str
    row: Vector
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, nearest first, and whether there may be more behind it."""

    found: Sequence[Found]
    more: bool


def ask(edition: Edition, options: Options, questions: Sequence[Question]) -> list[Answer]:
    """Put questions to Qdrant, as many at once as it may send the answers of."""
    row = 4 * edition.projection.output_dimensions
    return [answer for some in _portions(questions, row) for answer in _ask(edition, options, some)]


def _portions(questions: Sequence[Question], row_bytes: int) -> Iterator[Sequence[Question]]:
    start = size = 0
    for place, question in enumerate(questions):
        size += row_bytes * question.limit
        if size > _MOST_BYTES and place > start:
            yield questions[start:place]
            start, size = place, row_bytes * question.limit
    if questions:
        yield questions[start:]


def _ask(edition: Edition, options: Options, questions: Sequence[Question]) -> list[Answer]:
    asked = [RestToGrpc.convert_query_request(_request(one, options), edition.name) for one in questions]
    batch = grpc.QueryBatchPoints(collection_name=edition.name, query_points=asked)

    def query(client: QdrantClient) -> grpc.QueryBatchResponse:
        response: grpc.QueryBatchResponse = client.grpc_points.QueryBatch(batch, timeout=edition.connection.timeout)
        return response

    results = edition.connection.ask(query).result
    return [
        Answer([_found(point) for point in result.result if _is_there(point)], len(result.result) >= one.limit)
        for one, result in zip(questions, results, strict=True)
    ]


def _request(asked: Question, options: Options) -> models.QueryRequest:
    return models.QueryRequest(
        query=asked.query.tolist(),
        using=IMAGE,
        filter=asked.wanted,
        params=models.SearchParams(exact=options.exact, hnsw_ef=options.ef),
        score_threshold=asked.threshold,
        limit=asked.limit,
        with_vector=[IMAGE],
        with_payload=[ID],
    )


def _is_there(point: grpc.ScoredPoint) -> bool:
    """Qdrant finds an image first and reads it then; it may be removed in between."""
    return ID in point.payload and IMAGE in point.vectors.vectors.vectors


def _found(point: grpc.ScoredPoint) -> Found:
    vector = point.vectors.vectors.vectors[IMAGE]
    data = vector.dense.data if vector.HasField("dense") else vector.data  # up to version 1.16
    row = np.fromiter(data, np.float32, len(data))
    return Found(point.payload[ID].string_value, row, point.score)
