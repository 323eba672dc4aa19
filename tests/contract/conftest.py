import pytest

from services.embedder import weights
from services.embedder.weights.source import Weights
from shared.settings import CacheSettings


@pytest.fixture(scope="session")
def weights_2015() -> Weights:
    return weights.obtain("inception-2015", CacheSettings().lookalike_cache)
