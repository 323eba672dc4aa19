"""Which weights a setting means."""

import logging
from pathlib import Path

from services.embedder.weights.file import File
from services.embedder.weights.imagenet import Imagenet
from services.embedder.weights.inception_2015 import Inception2015
from services.embedder.weights.source import Source, Weights

_log = logging.getLogger(__name__)


def find(setting: str | None, cache: Path) -> Weights | None:
    """Tell which weights are on this machine for `setting`; asks no other machine."""
    return next((found for source in _sources(setting, cache) if (found := source.find())), None)


def obtain(setting: str | None, cache: Path) -> Weights:
    """Find or fetch the weights of `setting`: `imagenet`, `inception-2015`, a file's path, or None for automatic.

    Automatic takes what is on this machine already, so that a collection does not change its embedding space when a
    host can suddenly be reached; else `imagenet` where its host answers within a few seconds, else `inception-2015`.

    Raises:
        WeightsUnavailable: They are not here and cannot be fetched.
    """
    weights = find(setting, cache) or _to_fetch(setting, cache).obtain()
    _log.info(
        "weights %s, %s, sha256 %s", weights.name, "as set" if setting else "chosen automatically", weights.sha256
    )
    return weights


def _sources(setting: str | None, cache: Path) -> tuple[Source, ...]:
    match setting:
        case None:
            return Imagenet(cache), Inception2015(cache)
        case "imagenet":
            return (Imagenet(cache),)
        case "inception-2015":
            return (Inception2015(cache),)
        case path:
            return (File(Path(path).expanduser()),)


def _to_fetch(setting: str | None, cache: Path) -> Source:
    first, *others = _sources(setting, cache)
    if not others or (isinstance(first, Imagenet) and first.host_answers()):
        return first
    _log.info("the host of the imagenet weights does not answer: taking inception-2015")
    return others[0]
