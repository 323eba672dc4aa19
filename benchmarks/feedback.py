"""What "more like this, less like that" does to an answer, on images whose labels are known.

    python -m benchmarks.feedback FOLDER [--recipe multilayer] [--json]

FOLDER has a folder of images for each label, of which a seeded draw is indexed. Each image in turn is searched with. Of
the ten nearest, the first of another label is disliked with a weight, and in a second round the first that has the
same label is liked besides. What counts is the share of right labels among the ten nearest of the images that are left.
"""

import argparse
import json
import os
import random
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.embedder import processor, weights
from services.embedder.app import RUNTIMES
from services.embedder.decoding import Limits
from services.embedder.extractors import graph
from services.embedder.preparing import prepare
from services.embedder.recipes import RECIPES
from services.embedder.settings import EmbedderSettings
from services.search.indexes.exact import ExactIndex
from services.search.indexes.factory import ExactIndexes
from services.search.ports import Entry, Examples, Query
from shared.contracts.filters import Filter
from shared.settings import CacheSettings

LIMITS = Limits(40 * 2**20, 64_000_000)
WEIGHTS = (-0.1, -0.25, -0.5, -0.75, -1.0)
BATCH = 16
NEAREST = 10

Vectors = NDArray[np.float32]


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="multilayer")
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--images", type=int, default=25, help="of each label")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = draw(options.folder, options.labels, options.images, options.seed)
    result = measure([file.parent.name for file in files], *embed(files, options.recipe))
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"| {name} | {round(100 * share, 1)} % |\n" for name, share in result.items())


def draw(folder: Path, labels: int, images: int, seed: int) -> list[Path]:
    """Choose files of some labels."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    folders = sorted(part for part in folder.iterdir() if part.is_dir() and len(list(part.iterdir())) >= images)
    chosen = sorted(chance.sample(folders, labels))
    return [file for part in chosen for file in sorted(chance.sample(sorted(part.iterdir()), images))]


def embed(files: list[Path], name: str) -> tuple[Vectors, ExactIndex]:
    """Embed files, and index them as the search service does; ids are their numbers."""
    recipe, cache = RECIPES[name], CacheSettings().lookalike_cache
    obtained = graph.obtain(recipe, weights.obtain(EmbedderSettings().weights, cache), cache)
    extractor = RUNTIMES["tensorflow"](obtained, "float32", processor.cores())
    parts = []
    for start in range(0, len(files), BATCH):
        pixels = [
            prepare(file.read_bytes(), recipe, LIMITS, with_thumbnail=False).pixels
            for file in files[start : start + BATCH]
        ]
        parts.append(extractor.extract(np.stack(pixels).astype(np.float32)))
    vectors = np.concatenate(parts)
    indexes = ExactIndexes("auto", 512, "float32", Path(os.devnull))
    index = indexes.new(extractor.space.ref(), vectors, len(vectors))
    index.apply({str(number): Entry(vector) for number, vector in enumerate(vectors)})
    return vectors, index


def measure(labels: list[str], vectors: Vectors, index: ExactIndex) -> dict[str, float]:
    """Search with each image, judge, and search again: the share of right labels for each kind of judgement."""
    shares: dict[str, list[float]] = {}

    def search(examples: dict[int, float], left_out: set[int]) -> list[int]:
        blended = index.blend(Examples(vectors[list(examples)], tuple(examples.values())))
        if blended is None:
            sys.exit("Two images with different labels are the same to the network.")
        wanted = Filter(not_ids=tuple(map(str, left_out)))
        [hits] = index.search([Query(blended, NEAREST, filter=wanted, blended=True)])
        return [int(hit.id) for hit in hits]

    for number, label in enumerate(labels):
        near = search({number: 1}, {number})
        right = next((other for other in near if labels[other] == label), None)
        wrong = next((other for other in near if labels[other] != label), None)
        if right is None or wrong is None:
            continue
        left_out = {number, right, wrong}
        for name, liked in (("one liked", {number: 1.0}), ("two liked", {number: 1.0, right: 1.0})):
            for weight in (0, *WEIGHTS):
                examples = liked if not weight else {**liked, wrong: weight}
                found = search(examples, left_out)
                share = sum(labels[other] == label for other in found) / NEAREST
                shares.setdefault(f"{name}, one disliked by {-weight}", []).append(share)
    return {name: float(np.mean(each)) for name, each in shares.items()}


if __name__ == "__main__":
    main()
