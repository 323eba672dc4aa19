"""`python -m cli.evaluation.sources.tfds NAME SPLIT DIR`: writes a split's pictures to DIR/label/number.

A process of its own, so that TensorFlow's memory is free again when they are embedded.
"""

import sys
from pathlib import Path

from cli.serving.caltech101 import require_host

_SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}


def main(name: str, split: str, folder: Path) -> None:
    """Fetch the data set where it is not on this machine yet, and write the pictures of a split, in its order."""
    import tensorflow_datasets as tfds  # takes seconds and half a gigabyte

    builder = tfds.builder(name)
    if name == "caltech101" and not builder.is_prepared():
        require_host()
    builder.download_and_prepare()
    features = builder.info.features
    labelled = "image" in features and "label" in features
    if not labelled or not isinstance(features["label"], tfds.features.ClassLabel):
        sys.exit(f"{name} has no image with a label, but {', '.join(sorted(features))}.")
    name_of = features["label"].int2str
    examples = builder.as_dataset(split=split, decoders={"image": tfds.decode.SkipDecoding()}, shuffle_files=False)
    for number, example in enumerate(examples.as_numpy_iterator()):
        data = example["image"]
        label = name_of(example["label"]).replace("/", "_").lstrip(".")
        path = folder / label / f"{number:07}{_SUFFIXES.get(data[:2], '.jpg')}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
