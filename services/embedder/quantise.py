"""`python -m services.embedder.quantise FOLDER`: makes the int8 network that PRECISION=int8 needs.

It belongs to the recipe and the weights that the settings name, is made from images below FOLDER, and is kept in
Lookalike's cache. Its digest is part of its embedding space: made again it is another space, so that it is made again
only with `--again`. To run it on several machines, copy it along with the cache.
"""

import argparse
import logging
import random
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder import processor, weights
from services.embedder.decoding import Limits
from services.embedder.extractors import graph, quantisation
from services.embedder.extractors.openvino import quantised
from services.embedder.preparing import prepare
from services.embedder.recipes import RECIPES, Recipe
from services.embedder.settings import EmbedderSettings
from shared.errors import LookalikeError
from shared.settings import CacheSettings

_FEWEST = 8


def main() -> int:
    """Run the command; its answer is one line on standard output, everything else goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m services.embedder.quantise", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=256, help="at most so many of them, drawn at random")
    parser.add_argument("--again", action="store_true", help="in the place of one that is there")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings, cache = EmbedderSettings(), CacheSettings().lookalike_cache
    try:
        obtained = graph.obtain(RECIPES[settings.recipe], weights.obtain(settings.weights, cache), cache)
        place = quantised(obtained)
        if not place.is_whole() or options.again:
            limits = Limits(settings.max_image_bytes, settings.max_image_pixels)
            pictures = list(_pictures(options.folder, options.images, obtained.recipe, limits))
            if len(pictures) < _FEWEST:
                sys.stderr.write(f"{options.folder} has {len(pictures)} images; {_FEWEST} is the least.\n")
                return 1
            threads = settings.inference_threads or processor.cores()
            with redirect_stdout(sys.stderr):  # NNCF reports its progress on standard output
                agreement = quantisation.quantise(obtained, pictures, threads)
            sys.stderr.write(f"quantised with {len(pictures)} images, cosine to float32 {agreement:.3f}\n")
    except weights.WeightsUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"int8 network, embedding space {obtained.space('int8', place.sha256()).fingerprint}\n")
    return 0


def _pictures(folder: Path, most: int, recipe: Recipe, limits: Limits) -> Iterator[NDArray[np.float32]]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    random.Random(0).shuffle(files)  # noqa: S311 - nothing secret
    for file in files:
        if most == 0:
            return
        try:
            prepared = prepare(file.read_bytes(), recipe, limits, with_thumbnail=False)
        except LookalikeError:
            continue  # not an image
        most -= 1
        yield prepared.pixels.astype(np.float32)


if __name__ == "__main__":
    sys.exit(main())
