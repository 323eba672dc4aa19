"""What tests need and a machine may not have."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test, which is told at the end; with `CI=true` fail it, since CI never skips for want of a program."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
