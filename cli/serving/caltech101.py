"""`python -m cli.serving.caltech101 DIR`: writes Caltech-101's images to DIR/label/file.

A process of its own, so that TensorFlow's memory is free again when the images are written, and a download that hangs
can be ended.
"""

import sys
from pathlib import Path

import httpx

_HOST = "data.caltech.edu"


def main(folder: Path) -> None:
    """Fetch the data set where it is not on this machine yet, and write the files that are missing."""
    import tensorflow_datasets as tfds  # takes seconds and half a gigabyte

    builder = tfds.builder("caltech101")
    if not builder.is_prepared():
        require_host()
    builder.download_and_prepare()
    name_of = builder.info.features["label"].int2str
    undecoded = {"image": tfds.decode.SkipDecoding()}
    for split in ("train", "test"):
        for example in builder.as_dataset(split=split, decoders=undecoded).as_numpy_iterator():
            path = folder / name_of(example["label"]) / Path(example["image/file_name"].decode()).name
            if not path.exists():
                _write(path, example["image"])


def require_host() -> None:
    """End the program within seconds where the download itself would do so after minutes of retries."""
    try:
        httpx.head(f"https://{_HOST}", timeout=10)
    except httpx.TransportError as error:
        sys.exit(f"{_HOST} cannot be reached: {error}")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(data)
    unfinished.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
