"""Which pictures a user means, and how they are divided."""

import hashlib
from dataclasses import replace
from pathlib import Path

from cli import console, gallery
from cli.evaluation.request import Request
from cli.evaluation.sources import copies, dataset, folder, lists, original
from cli.evaluation.task import Task, leave_one_out
from cli.failures import CommandFailed
from shared.settings import CacheSettings

DRAWN = "gallery"
"""Names the pictures that the program draws itself."""
_SPLIT = "all"


def task(request: Request) -> Task:
    """Find the pictures, and divide them.

    Raises:
        CommandFailed: They are not there, or cannot be divided so.
    """
    assert request.source is not None, "a collection has its own way"
    here = Path(request.source)
    name = here.resolve().name if here.is_dir() else request.source
    return replace(_divided(request, request.source), source=name).limited(request.max_queries)


def _divided(request: Request, source: str) -> Task:
    cache = CacheSettings().lookalike_cache
    here = Path(source)
    is_folder = here.is_dir()
    if not is_folder and source == DRAWN:
        here, is_folder = _drawn(cache), True
    if request.lists or request.groups:
        if not is_folder:
            raise CommandFailed("Lists name files below a folder.", "Give that folder in place of a data set's name.")
        return lists.groups(here, request.groups) if request.groups else lists.divide(here, *request.lists or ())
    protocol = request.protocol or ("leave-one-out" if is_folder else "original")
    if protocol == "original":
        return original.divide(here) if is_folder else dataset.divide(source, cache)
    found = folder.pictures(here) if is_folder else dataset.pictures(source, [_SPLIT], cache)[0]
    if protocol == "copies":
        return copies.divide(here.name, found, request.max_queries)
    return leave_one_out(here.name, found)


def _drawn(cache: Path) -> Path:
    painters = b"".join(path.read_bytes() for path in sorted(Path(gallery.__file__).parent.glob("*.py")))
    place = cache / "galleries" / hashlib.sha256(painters).hexdigest()[:16]
    if not place.exists():
        console.say("Drawing a gallery")
    gallery.write(place)
    return place
