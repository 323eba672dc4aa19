"""`python -m services.embedder.extractors`: fetches the weights that the settings name, and builds the network.

The embedder does the same when it starts, and finds the network then: what an image is built with starts sooner.
"""

import logging
import sys

from services.embedder import weights
from services.embedder.extractors import graph
from services.embedder.recipes import RECIPES
from services.embedder.settings import EmbedderSettings
from shared.settings import CacheSettings


def main() -> int:
    """Run the command; its answer is one line on standard output, everything else goes to standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings, cache = EmbedderSettings(), CacheSettings().lookalike_cache
    try:
        built = graph.obtain(RECIPES[settings.recipe], weights.obtain(settings.weights, cache), cache)
    except weights.WeightsUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"network {built.recipe.name} with weights {built.weights.name}: {built.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
