"""Data sets that TensorFlow Datasets knows by name: any that has an image and a label."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli import console
from cli.evaluation.picture import Picture
from cli.evaluation.sources import folder, original
from cli.evaluation.task import Task
from cli.failures import CommandFailed
from cli.serving.supervisor import command

_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_.\-]+)*(:\d+\.\d+\.\d+)?")


def divide(name: str, cache: Path) -> Task:
    """Take the original's shares of the data set's own splits.

    Raises:
        CommandFailed: It cannot be had, or has no such splits.
    """
    gallery, queries = pictures(name, (original.GALLERY, original.QUERIES), cache)
    return Task(name, "original", gallery, queries)


def pictures(name: str, splits: Sequence[str], cache: Path) -> list[list[Picture]]:
    """Give the pictures of each split, in the data set's own order; written to `cache` the first time.

    Raises:
        CommandFailed: They cannot be had.
    """
    if not _NAME.fullmatch(name):
        raise CommandFailed(f"{name} is neither a folder nor the name of a data set.")
    kept = cache / "datasets"
    places = {split: kept / re.sub(r"[^a-z0-9_.\-]", "-", f"{name}-{split}".lower()) for split in splits}
    if missing := {split: place for split, place in places.items() if not place.exists()}:
        kept.mkdir(parents=True, exist_ok=True)
        _write(name, missing, kept)
    return [sorted(folder.pictures(place), key=lambda picture: Path(picture.name).name) for place in places.values()]


def _write(name: str, places: Mapping[str, Path], beside: Path) -> None:
    console.say(f"Fetching {name} {' '.join(places)}")
    with tempfile.TemporaryDirectory(dir=beside, prefix=".unfinished-") as scratch:
        written = {split: Path(scratch, place.name) for split, place in places.items()}
        parts = [argument for split, part in written.items() for argument in (split, str(part))]
        arguments = command("cli.evaluation.sources.tfds", name, *parts)
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as fetching:  # noqa: S603
            if fetching.wait() != 0 or not all(part.is_dir() for part in written.values()):
                raise CommandFailed(
                    f"The pictures of {name} could not be had.",
                    "The reason is above. A folder of pictures can be evaluated, too: lookalike evaluate DIR",
                )
        for split, part in written.items():
            part.rename(places[split])
