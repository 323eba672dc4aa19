"""A data set that TensorFlow Datasets finds by its name once it is prepared, as if it had been fetched."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from tests.support.images import picture


class Tiny(tfds.core.GeneratorBasedBuilder):  # type: ignore[misc] # the library has no types
    """Twelve pictures of two labels in `train`, six in `test`."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> Any:
        features = {"image": tfds.features.Image(), "label": tfds.features.ClassLabel(names=("daylight", "night"))}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, _: Any) -> dict[str, Any]:
        return {"train": self._generate_examples(range(12)), "test": self._generate_examples(range(12, 18))}

    def _generate_examples(self, seeds: range) -> Iterator[tuple[int, dict[str, Any]]]:
        for seed in seeds:
            yield seed, {"image": np.asarray(picture(seed)), "label": seed % 2}
