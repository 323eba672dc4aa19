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
    """Run the command; it answers a line a recipe on standard output, everything else goes to standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings, cache = EmbedderSettings(), CacheSettings().lookalike_cache
    try:
        obtained = weights.obtain(settings.weights, cache)
        built = [graph.obtain(RECIPES[name], obtained, cache) for name in (settings.recipe, *settings.recipes_at_start)]
    except weights.WeightsUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for network in built:
        sys.stdout.write(f"network {network.recipe.name} with weights {network.weights.name}: {network.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
