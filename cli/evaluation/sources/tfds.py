"""`python -m cli.evaluation.sources.tfds NAME SPLIT DIR ...`: writes each split's pictures to its DIR/label/number.

A process of its own, so that TensorFlow's memory is free again when they are embedded.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from cli.serving.caltech101 import require_host

_SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}


def main(name: str, folders: Mapping[str, Path]) -> None:
    """Fetch the data set where it is not on this machine yet, and write the pictures of splits, in its order."""
    import tensorflow_datasets as tfds  # takes seconds and half a gigabyte

    builder = tfds.builder(name)
    if name == "caltech101" and not builder.is_prepared():
        require_host()
    builder.download_and_prepare()
    features = builder.info.features
    labelled = "image" in features and "label" in features
    if not labelled or not isinstance(features["label"], tfds.features.ClassLabel):
        sys.exit(f"{name} has no image with a label, but {', '.join(sorted(features))}.")
    undecoded = {"image": tfds.decode.SkipDecoding()}
    for split, folder in folders.items():
        examples = builder.as_dataset(split=split, decoders=undecoded, shuffle_files=False).as_numpy_iterator()
        for number, example in enumerate(examples):
            _write(folder, number, example["image"], features["label"].int2str(example["label"]))


def _write(folder: Path, number: int, data: bytes, name: str) -> None:
    path = folder / name.replace("/", "_").lstrip(".") / f"{number:07}{_SUFFIXES.get(data[:2], '.jpg')}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    _, named, *parts = sys.argv
    main(named, {split: Path(folder) for split, folder in zip(parts[::2], parts[1::2], strict=True)})
