import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from threadpoolctl import threadpool_limits

from tests.support.helm import HelmUnavailable
from tests.support.helm import helm as fetched_helm
from tests.support.missing import missing
from tests.support.mongodb.engine import Engine
from tests.support.mongodb.provision import Runner, provision
from tests.support.provisioning import Unavailable
from tests.support.qdrant import provision as qdrant
from tests.support.qdrant.server import Server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute in one thread: for small matrices, several wait for each other longer than they compute."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def mongodb_runner() -> Runner:
    try:
        return provision()
    except Unavailable as error:
        missing(
            f"MongoDB's engine cannot be started: {error}. "
            "Or set MONGODB_URL to a server that the tests may make databases in."
        )


@pytest.fixture(scope="session")
def haproxy() -> str:
    return program("haproxy", "haproxy")


@pytest.fixture(scope="session")
def promtool() -> str:
    return program("promtool", "prometheus")


@pytest.fixture(scope="session")
def helm() -> Path:
    try:
        return fetched_helm()
    except HelmUnavailable as error:
        missing(f"Helm cannot be had: {error}.")


def program(name: str, package: str) -> str:
    # Debian has some programs where only root looks.
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    return found or missing(f"The program {name} is missing (on Debian: apt-get install {package}).")


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


@pytest.fixture(scope="session")
def qdrant_program() -> Path:
    try:
        return qdrant.provision()
    except Unavailable as error:
        missing(
            f"Qdrant cannot be started: {error}. Or set QDRANT_URL to a server that the tests may make collections in."
        )


@pytest.fixture(scope="session")
def qdrant_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server that QDRANT_URL names, or one that is started."""
    if url := os.environ.get("QDRANT_URL"):
        yield url
        return
    server = Server(request.getfixturevalue("qdrant_program"), tmp_path_factory.mktemp("qdrant"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def own_server(qdrant_program: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of Qdrant that this test has for itself, and may stop."""
    server = Server(qdrant_program, tmp_path / "qdrant")
    server.start()
    yield server
    server.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested, and why: tests may run in several processes, so their reports are asked."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.getreports("skipped"))
    if not reasons:
        return
    terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
    for reason, tests in reasons.items():
        terminalreporter.line(f"{tests} test{'s' * (tests > 1)}: {reason.removeprefix('Skipped: ')}")
    terminalreporter.line("CI never skips for want of a program.")
