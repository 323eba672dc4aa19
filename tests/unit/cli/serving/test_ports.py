import socket

import pytest

from cli.failures import CommandFailed
from cli.serving.ports import is_free, require_free


def test_a_port_that_somebody_listens_on_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(CommandFailed, match=f"Port {port}, for the search, is taken") as failure:
            require_free({"search": port})
        assert f"SEARCH_PORT={port + 10}" in failure.value.advice
    assert is_free(port)


def test_two_services_cannot_share_a_port() -> None:
    with pytest.raises(CommandFailed, match="more than one service"):
        require_free({"gateway": 1, "search": 1})
