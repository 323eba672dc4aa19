"""What is no request, over a bare connection."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from shared.contracts.problem import MEDIA_TYPE, Problem
from shared.protocol import MAX_HEAD_BYTES
from tests.support.serving import serving


@pytest.fixture(scope="module")
def gateway() -> Iterator[tuple[str, int]]:
    with serving(create_app(GatewaySettings()), ready=False) as url:
        address = urlsplit(url)
        assert address.hostname is not None
        assert address.port is not None
        yield address.hostname, address.port


def said(gateway: tuple[str, int], sent: bytes) -> tuple[bytes, Problem]:
    """Send bytes, and read until the other side hangs up."""
    with socket.create_connection(gateway, timeout=30) as connection:
        connection.sendall(sent)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-type: {MEDIA_TYPE}".encode() in head.lower()
    return head.splitlines()[0], Problem.model_validate_json(body)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_as_a_problem(gateway: tuple[str, int], sent: bytes) -> None:
    status, problem = said(gateway, sent)
    assert status.startswith(b"HTTP/1.1 400 ")
    assert (problem.status, problem.code) == (400, "bad_request")


def test_an_address_that_is_too_long_is_refused_as_a_problem(gateway: tuple[str, int]) -> None:
    status, problem = said(gateway, b"GET /" + b"x" * (MAX_HEAD_BYTES + 1))
    assert status.startswith(b"HTTP/1.1 431 ")
    assert (problem.status, problem.code) == (431, "head_too_large")
