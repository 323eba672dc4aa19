import os
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from threadpoolctl import threadpool_limits

from tests.support.mongodb.engine import Engine
from tests.support.mongodb.provision import Runner, Unavailable, provision

NO_ENGINE = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute in one thread: for small matrices, several wait for each other longer than they compute."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def mongodb_runner(pytestconfig: pytest.Config) -> Runner:
    try:
        return provision()
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"MongoDB's engine cannot be started: {error}")
        pytestconfig.stash[NO_ENGINE] = str(error)
        pytest.skip(f"MongoDB's engine cannot be started: {error}")


@pytest.fixture(scope="session")
def mongodb_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server that MONGODB_URL names, or one that is started."""
    if url := os.environ.get("MONGODB_URL"):
        yield url
        return
    engine = Engine(request.getfixturevalue("mongodb_runner"), tmp_path_factory.mktemp("mongodb") / "data")
    engine.start()
    yield engine.url
    engine.stop()


@pytest.fixture
def mongodb_url(mongodb_server: str) -> Iterator[str]:
    """The URL of a database that this test has for itself."""
    name = f"lookalike-test-{uuid4().hex}"
    yield urlsplit(mongodb_server)._replace(path=f"/{name}").geturl()
    client: MongoClient[dict[str, object]] = MongoClient(mongodb_server)
    with client:
        client.drop_database(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if reason := config.stash.get(NO_ENGINE, None):
        terminalreporter.section("NOT TESTED: the MongoDB store", sep="!", red=True, bold=True)
        terminalreporter.line(f"MongoDB's engine cannot be started: {reason}.")
        terminalreporter.line(
            "Or set MONGODB_URL to a server that the tests may make databases in. CI never skips this."
        )
