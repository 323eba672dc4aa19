"""Weights in a file of the user's own."""

from pathlib import Path

from services.embedder.weights.source import Weights, WeightsUnavailable, digest


class File:
    """An `.h5` or `.keras` file with InceptionV3's weights, without its classifier, as Keras writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self) -> Weights | None:
        if self._path.suffix not in (".h5", ".keras") or not self._path.is_file():
            return None
        return Weights(self._path.name, self._path, digest(self._path), form="keras", network="average")

    def obtain(self) -> Weights:
        found = self.find()
        if found is None:
            raise WeightsUnavailable(
                "WEIGHTS is neither `imagenet` nor `inception-2015` nor the path of an .h5 or .keras file that exists."
            )
        return found
