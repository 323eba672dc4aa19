"""How endpoints may refuse, by what they do: named where an endpoint is, shown in OpenAPI."""

from shared.errors import (
    Conflict,
    EmbeddingSpaceMismatch,
    EmptyUpload,
    FetchFailed,
    ImageTooLarge,
    InvalidExamples,
    InvalidFilter,
    InvalidRegion,
    KOutOfRange,
    LimitReached,
    NotFound,
    RevisionNotReached,
    UndecodableImage,
    UnsupportedMediaType,
    UrlForbidden,
)

READS_IMAGES = (EmptyUpload, ImageTooLarge, UndecodableImage, UnsupportedMediaType)
FETCHES = (FetchFailed, UrlForbidden)
STORES = (Conflict, EmbeddingSpaceMismatch, LimitReached, NotFound)
SEARCHES = (
    EmbeddingSpaceMismatch,
    InvalidExamples,
    InvalidFilter,
    InvalidRegion,
    KOutOfRange,
    NotFound,
    RevisionNotReached,
)
