import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from threadpoolctl import threadpool_limits

from tests.support.helm import HelmUnavailable
from tests.support.helm import helm as fetched_helm
from tests.support.mongodb.engine import Engine
from tests.support.mongodb.provision import Runner, Unavailable, provision

NOT_TESTED = pytest.StashKey[dict[str, str]]()
"""By what could not be tested, what would help."""


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
        help_text = "Or set MONGODB_URL to a server that the tests may make databases in."
        lack(pytestconfig, "the MongoDB store", f"MongoDB's engine cannot be started: {error}.\n{help_text}")


@pytest.fixture(scope="session")
def haproxy(pytestconfig: pytest.Config) -> str:
    return program(pytestconfig, "the balancer", "haproxy", "haproxy")


@pytest.fixture(scope="session")
def promtool(pytestconfig: pytest.Config) -> str:
    return program(pytestconfig, "the alerts", "promtool", "prometheus")


@pytest.fixture(scope="session")
def helm(pytestconfig: pytest.Config) -> Path:
    try:
        return fetched_helm()
    except HelmUnavailable as error:
        lack(pytestconfig, "the Helm chart", f"Helm cannot be had: {error}.")


def program(config: pytest.Config, what: str, name: str, package: str) -> str:
    # Debian has some programs where only root looks.
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        lack(config, what, f"The program {name} is missing (on Debian: apt-get install {package}).")
    return found


def lack(config: pytest.Config, what: str, reason: str) -> NoReturn:
    """Leave a test out, and say so at the end; in CI fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    config.stash.setdefault(NOT_TESTED, {})[what] = reason
    pytest.skip(reason)


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
    for what, reason in config.stash.get(NOT_TESTED, {}).items():
        terminalreporter.section(f"NOT TESTED: {what}", sep="!", red=True, bold=True)
        terminalreporter.line(reason)
        terminalreporter.line("CI never skips this.")
