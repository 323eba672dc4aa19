"""`python -m services.embedder.space`: names the embedding space that the settings mean, as JSON.

It loads no network, so that whoever keeps vectors learns within a second whether they are still good.
"""

import logging
import sys

from services.embedder import weights
from services.embedder.extractors import graph
from services.embedder.extractors.deterministic import DeterministicExtractor
from services.embedder.extractors.openvino import quantised
from services.embedder.recipes import RECIPES, embedding_space
from services.embedder.settings import EmbedderSettings
from shared.contracts.embedding import EmbeddingSpace
from shared.settings import CacheSettings


def of(settings: EmbedderSettings) -> EmbeddingSpace:
    """Describe the space of an embedder with these settings.

    Raises:
        WeightsUnavailable: The weights are not here and cannot be fetched.
        OSError: There is no int8 network.
    """
    if settings.extractor == "deterministic":
        return DeterministicExtractor().space
    cache, recipe = CacheSettings().lookalike_cache, RECIPES[settings.recipe]
    found = weights.obtain(settings.weights, cache)
    if settings.precision == "int8":
        built = graph.obtain(recipe, found, cache)
        return built.space("int8", quantised(built).sha256())
    return embedding_space(recipe, found.name, found.sha256, found.network)


def main() -> int:
    """Run the command; its answer is one line on standard output, everything else goes to standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        space = of(EmbedderSettings())
    except weights.WeightsUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError:
        sys.stderr.write("There is no int8 network for this recipe and these weights.\n")
        return 1
    sys.stdout.write(space.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
