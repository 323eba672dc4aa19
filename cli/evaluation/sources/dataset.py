"""Data sets that TensorFlow Datasets knows by name: any that has an image and a label."""

import re
import subprocess
import tempfile
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
    gallery, queries = (pictures(name, split, cache) for split in (original.GALLERY, original.QUERIES))
    return Task(name, "original", gallery, queries)


def pictures(name: str, split: str, cache: Path) -> list[Picture]:
    """Give the pictures of a split, in the data set's own order; written to `cache` the first time.

    Raises:
        CommandFailed: They cannot be had.
    """
    if not _NAME.fullmatch(name):
        raise CommandFailed(f"{name} is neither a folder nor the name of a data set.")
    place = cache / "datasets" / re.sub(r"[^a-z0-9_.\-]", "-", f"{name}-{split}".lower())
    if not place.exists():
        _write(name, split, place)
    found = folder.pictures(place)
    return sorted(found, key=lambda picture: Path(picture.name).name)


def _write(name: str, split: str, place: Path) -> None:
    console.say(f"Fetching {name} {split}")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".unfinished-") as scratch:
        written = Path(scratch, "pictures")
        arguments = command("cli.evaluation.sources.tfds", name, split, str(written))
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as fetching:  # noqa: S603
            if fetching.wait() != 0 or not written.is_dir():
                raise CommandFailed(
                    f"The pictures of {name} could not be had.",
                    "The reason is above. A folder of pictures can be evaluated, too: lookalike evaluate DIR",
                )
        written.rename(place)
