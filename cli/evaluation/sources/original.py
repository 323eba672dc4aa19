"""The original system's protocol: TensorFlow Datasets' seeded split of Caltech-101, and its shares of either half.

TFDS draws 30 pictures of each label with NumPy's generator as it was in 2015, seeded by 1234, for `train`; the rest is
`test`. It stores the pictures of a split in the order of the MD5 of the split's name and the picture's. The original
took `train[:80%]` for its gallery and `test[:90%]` for its queries. A folder in Caltech-101's layout is divided in the
same way here; TFDS itself goes through folders in whatever order the disk has them, here it is that of their names.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cli.evaluation.picture import Picture, of_file
from cli.evaluation.task import Task
from cli.failures import CommandFailed
from cli.ingest.scan import IMAGE_SUFFIXES

GALLERY, QUERIES = "train[:80%]", "test[:90%]"
_A_LABEL = 30
_SEED = 1234


def divide(folder: Path) -> Task:
    """Divide a folder of one folder a label as TensorFlow Datasets divides Caltech-101.

    Raises:
        CommandFailed: A label has too few pictures.
    """
    train: list[Picture] = []
    test: list[Picture] = []
    chance = np.random.RandomState(_SEED)  # the generator that TFDS uses, whatever else is better by now
    labels = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.name.lower())
    for label in labels:
        # Files that are no pictures are drawn too, and thrown away afterwards: so TFDS does.
        files = sorted(path.name for path in label.iterdir() if path.is_file())
        if len(files) < _A_LABEL:
            raise CommandFailed(
                f"The original's protocol draws {_A_LABEL} pictures of each label; {label.name} has {len(files)}.",
                "Choose another one: --protocol leave-one-out",
            )
        drawn = set(chance.choice(files, _A_LABEL, replace=False).tolist())
        for name in files:
            if Path(name).suffix.lower() in IMAGE_SUFFIXES:
                picture = of_file(label / name, f"{label.name}/{name}", label.name.lower())
                (train if name in drawn else test).append(picture)
    if not labels:
        raise CommandFailed(f"{folder} has no folders.", "It needs one for each label.")
    return Task(folder.name, "original", _first(train, "train", 0.8), _first(test, "test", 0.9))


def _first(pictures: Iterable[Picture], split: str, share: float) -> list[Picture]:
    in_order = sorted(pictures, key=lambda picture: _key(split, picture.name))
    return in_order[: round(share * len(in_order))]


def _key(split: str, name: str) -> str:
    return hashlib.md5(f"{split}{name}".encode(), usedforsecurity=False).hexdigest()
