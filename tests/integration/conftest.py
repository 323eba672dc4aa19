from collections.abc import Iterator

import pytest

from tests.support.stack import Stack, stack


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All three services, which the tests of one module share."""
    with stack(tmp_path_factory.mktemp("data")) as running:
        yield running
