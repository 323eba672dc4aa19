"""The one exception tree. Each class carries the HTTP status and the code that its problem answer shows.

    LookalikeError                    500 internal
    |- InvalidRequest                 422 invalid_request
    |  |- KOutOfRange                 422 k_out_of_range
    |  |- InvalidFilter               422 invalid_filter
    |  |- InvalidRegion               422 invalid_region
    |  |- InvalidExamples             422 invalid_examples
    |  |- UrlForbidden                422 url_forbidden
    |  |- FetchFailed                 422 fetch_failed
    |  |- EmptyUpload                 422 empty_upload
    |  `- UndecodableImage            422 undecodable_image
    |- BadRequest                     400 bad_request
    |- HeadTooLarge                   431 head_too_large
    |- UnsupportedMediaType           415 unsupported_media_type
    |- ImageTooLarge                  413 image_too_large
    |- BodyTooLarge                   413 body_too_large
    |- Unauthorized                   401 unauthorized
    |- Forbidden                      403 forbidden
    |- NotFound                       404 not_found
    |- MethodNotAllowed               405 method_not_allowed
    |- MisdirectedRequest             421 misdirected_request
    |- RequestTimeout                 408 request_timeout
    |- Conflict                       409 conflict
    |  `- EmbeddingSpaceMismatch      409 embedding_space_mismatch
    |- PreconditionFailed             412 precondition_failed
    |- RangeNotSatisfiable            416 range_not_satisfiable
    |- LimitReached                   507 limit_reached
    `- TryAgain                       503 with Retry-After
       |- NotReady                    503 not_ready
       |- Overloaded                  503 overloaded
       |- RateLimited                 429 rate_limited
       |- RevisionNotReached          503 revision_not_reached
       |- UpstreamUnavailable         503 upstream_unavailable
       `- UpstreamTimeout             504 upstream_timeout

A service raises these wherever it notices the fault; `shared.asgi` turns them into `application/problem+json`, and the
clients in `shared.clients` turn such an answer back into the same class, so a refusal keeps its meaning on its way.
"""

from collections.abc import Iterator
from typing import ClassVar

from shared.contracts.problem import FieldError, Problem


class LookalikeError(Exception):
    """A failure that the caller is told about, in words that are safe to show.

    Args:
        detail: One sentence for the person who called. It never holds a path, a stack trace or an upstream's text.
        errors: For an invalid request, the fields at fault.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong inside the service"
    retry_after: int | None = None
    """Seconds after which it makes sense to try again; None where trying again changes nothing."""

    def __init__(self, detail: str = "", errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors

    def problem(self, request_id: str = "") -> Problem:
        """Describe this failure as RFC 9457 has it."""
        return Problem(
            type=f"urn:lookalike:problem:{self.code}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            code=self.code,
            request_id=request_id,
            errors=self.errors,
        )


class InvalidRequest(LookalikeError):
    """The request does not have the form that the endpoint takes."""

    status = 422
    code = "invalid_request"
    title = "The request is not valid"


class KOutOfRange(InvalidRequest):
    """More or fewer results were asked for than one answer may hold."""

    code = "k_out_of_range"
    title = "The number of results is out of range"


class InvalidFilter(InvalidRequest):
    """The conditions on what may be found are not ones that can be evaluated."""

    code = "invalid_filter"
    title = "The filter is not valid"


class InvalidRegion(InvalidRequest):
    """The region is not a rectangle inside the image, or the recipe cannot tell one part of an image from another."""

    code = "invalid_region"
    title = "The region is not valid"


class InvalidExamples(InvalidRequest):
    """The examples of a search do not make a query: none has a weight above zero, or they cancel each other out."""

    code = "invalid_examples"
    title = "The examples do not make a query"


class UrlForbidden(InvalidRequest):
    """The address is not one that is fetched. Which rule it breaks is not said: that would map the network inside."""

    code = "url_forbidden"
    title = "The address may not be fetched"


class FetchFailed(InvalidRequest):
    """There is no image to be had at an address, or not in time."""

    code = "fetch_failed"
    title = "The address could not be fetched"


class EmptyUpload(InvalidRequest):
    """A file of zero bytes, or no file at all."""

    code = "empty_upload"
    title = "The upload is empty"


class UndecodableImage(InvalidRequest):
    """The format is known but the bytes are truncated or damaged."""

    code = "undecodable_image"
    title = "The image cannot be decoded"


class BadRequest(LookalikeError):
    """What arrived cannot be read as a request of HTTP."""

    status = 400
    code = "bad_request"
    title = "This is not a request of HTTP"


class HeadTooLarge(LookalikeError):
    """The request's address and headers are longer than the service reads."""

    status = 431
    code = "head_too_large"
    title = "The address and the headers are too long"


class UnsupportedMediaType(LookalikeError):
    """The bytes are not an image, or one of a format that is not admitted."""

    status = 415
    code = "unsupported_media_type"
    title = "The file is not an image of a supported format"


class ImageTooLarge(LookalikeError):
    """The image has more bytes or more pixels than the service takes."""

    status = 413
    code = "image_too_large"
    title = "The image is too large"


class BodyTooLarge(LookalikeError):
    """The request's body is longer than the service reads."""

    status = 413
    code = "body_too_large"
    title = "The request body is too large"


class Unauthorized(LookalikeError):
    """Whoever calls has shown no key, or one that opens nothing."""

    status = 401
    code = "unauthorized"
    title = "A key is needed"


class Forbidden(LookalikeError):
    """Whoever calls may not do this."""

    status = 403
    code = "forbidden"
    title = "This is not allowed"


class NotFound(LookalikeError):
    """There is nothing at this address."""

    status = 404
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(LookalikeError):
    """The address exists, but not for this method."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class MisdirectedRequest(LookalikeError):
    """The request names a host that this service does not answer for."""

    status = 421
    code = "misdirected_request"
    title = "This is not the host that was asked for"


class RequestTimeout(LookalikeError):
    """The request's body did not arrive in time."""

    status = 408
    code = "request_timeout"
    title = "The request took too long to arrive"


class Conflict(LookalikeError):
    """The request contradicts what is stored."""

    status = 409
    code = "conflict"
    title = "The request conflicts with what is stored"


class EmbeddingSpaceMismatch(Conflict):
    """A vector of one embedding space met a collection of another."""

    code = "embedding_space_mismatch"
    title = "The vector belongs to another embedding space than the collection"


class PreconditionFailed(LookalikeError):
    """What is stored is not, or no longer, what the caller says that it is."""

    status = 412
    code = "precondition_failed"
    title = "What is stored has changed"


class RangeNotSatisfiable(LookalikeError):
    """The part of a file that was asked for begins behind its end."""

    status = 416
    code = "range_not_satisfiable"
    title = "The file has no such part"


class LimitReached(LookalikeError):
    """The store holds as much as its settings allow."""

    status = 507
    code = "limit_reached"
    title = "A limit of this installation is reached"


class TryAgain(LookalikeError):
    """Nothing is wrong with the request: the same one may succeed a little later."""

    status = 503
    code = "unavailable"
    title = "The service cannot answer at the moment"
    retry_after = 1


class NotReady(TryAgain):
    """The service is still starting."""

    code = "not_ready"
    title = "The service is not ready yet"


class Overloaded(TryAgain):
    """As much work is waiting as the service admits."""

    code = "overloaded"
    title = "The service is overloaded"


class RateLimited(TryAgain):
    """Whoever calls has called as often as they may for now."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"


class RevisionNotReached(TryAgain):
    """The index has not applied the write that the answer was asked to include, within the time that is waited."""

    code = "revision_not_reached"
    title = "The index has not reached the revision that was asked for"


class UpstreamUnavailable(TryAgain):
    """Another service that is needed for the answer cannot be reached, or failed."""

    code = "upstream_unavailable"
    title = "A service that is needed for the answer is unavailable"


class UpstreamTimeout(TryAgain):
    """Another service that is needed for the answer did not answer in time."""

    status = 504
    code = "upstream_timeout"
    title = "A service that is needed for the answer took too long"


def _tree(root: type[LookalikeError]) -> Iterator[type[LookalikeError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def from_problem(problem: Problem) -> LookalikeError:
    """Rebuild the exception that an answer was made from; a code of no class here becomes the root's."""
    by_code = {error.code: error for error in _tree(LookalikeError)}
    return by_code.get(problem.code, LookalikeError)(problem.detail, problem.errors)
