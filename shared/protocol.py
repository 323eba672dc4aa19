"""HTTP itself: what cannot be read as a request never reaches an app, and is answered as everything that is refused."""

import sys

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.contracts.problem import MEDIA_TYPE
from shared.errors import BadRequest, HeadTooLarge, LookalikeError

MAX_HEAD_BYTES = 2**16
"""Longest address and headers of a request together."""


class ProblemProtocol(H11Protocol):
    """Answers with a problem document where uvicorn has plain text."""

    def send_400_response(self, _: str) -> None:
        """Refuse what has just failed to be read, and hang up."""
        refusal = self._refusal()
        body = refusal.problem().model_dump_json().encode()
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        head = h11.Response(status_code=refusal.status, headers=headers)
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _refusal(self) -> LookalikeError:
        # uvicorn calls this while it handles h11's exception, which alone knows what was the matter.
        failure = sys.exception()
        if isinstance(failure, h11.ProtocolError) and failure.error_status_hint == HeadTooLarge.status:
            return HeadTooLarge(f"At most {MAX_HEAD_BYTES} bytes of address and headers are read.")
        return BadRequest()
