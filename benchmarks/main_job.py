"""The main job, measured as a user meets it: start on a folder, ingest it, search with pictures that are not in it.

    python -m benchmarks.main_job FOLDER [--json]

FOLDER has a folder of images for each label, as Caltech-101 has. A seeded draw takes `--labels` of them, and of each
`--images` to ingest and `--queries` to search with. Everything runs through `lookalike serve` and HTTP, in a data
folder of its own, on the ports of GATEWAY_PORT, EMBEDDER_PORT and SEARCH_PORT.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

URL = f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '8000')}"
COMMAND = (sys.executable, "-m", "cli.main")


@dataclass(frozen=True)
class Result:
    """What was measured; times in seconds."""

    images: int
    queries: int
    right_label_first: float
    """Share of the queries whose nearest image has their label."""
    right_label_among_5: float
    seconds_to_ready: float
    """From the start of the command to the first good answer of /readyz, with the weights on the disk."""
    images_ingested_a_second: float
    first_search: float
    """The first search after a start."""
    median_search: float
    slowest_search: float
    """Of all but the first."""


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--images", type=int, default=35, help="of each label, to ingest")
    parser.add_argument("--queries", type=int, default=3, help="of each label, to search with")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        gallery, queries = Path(scratch, "gallery"), Path(scratch, "queries")
        draw(options.folder, gallery, queries, options.labels, options.images, options.queries, options.seed)
        result = asdict(measure(gallery, queries, Path(scratch, "data")))
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"| {name.replace('_', ' ')} | {round(value, 3)} |\n" for name, value in result.items())


def draw(source: Path, gallery: Path, queries: Path, labels: int, images: int, asked: int, seed: int) -> None:
    """Copy a seeded draw of `source` to two folders that share no image."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    folders = sorted(folder for folder in source.iterdir() if folder.is_dir())
    large_enough = [folder for folder in folders if len(list(folder.iterdir())) >= images + asked]
    for folder in sorted(chance.sample(large_enough, labels)):
        files = chance.sample(sorted(folder.iterdir()), images + asked)
        for target, part in ((queries, files[:asked]), (gallery, files[asked:])):
            (target / folder.name).mkdir(parents=True)
            for file in part:
                shutil.copy(file, target / folder.name)


def measure(gallery: Path, queries: Path, data: Path) -> Result:
    """Ingest and search; started twice, so that the first search is one after a restart."""
    files = sorted(file for file in queries.rglob("*") if file.is_file())
    with serving(data):
        began = time.perf_counter()
        subprocess.run([*COMMAND, "ingest", str(gallery), "--url", URL], check=True)  # noqa: S603
        ingesting = time.perf_counter() - began
    with serving(data) as to_ready, httpx.Client(base_url=URL, timeout=60) as http:
        answers = [search(http, file) for file in files]
    first, *others = (seconds for seconds, _ in answers)
    labels = [(file.parent.name, found) for file, (_, found) in zip(files, answers, strict=True)]
    images = sum(file.is_file() for file in gallery.rglob("*"))
    return Result(
        images=images,
        queries=len(files),
        right_label_first=statistics.mean(label == found[0] for label, found in labels),
        right_label_among_5=statistics.mean(label in found for label, found in labels),
        seconds_to_ready=to_ready,
        images_ingested_a_second=images / ingesting,
        first_search=first,
        median_search=statistics.median(others),
        slowest_search=max(others),
    )


def search(http: httpx.Client, file: Path) -> tuple[float, list[str]]:
    """Search with a file; the time it took, and the labels found, nearest first."""
    began = time.perf_counter()
    response = http.post("/v1/search", params={"k": 5}, files={"image": file.read_bytes()}).raise_for_status()
    return time.perf_counter() - began, [result["label"] for result in response.json()["results"]]


@contextmanager
def serving(data: Path) -> Iterator[float]:
    """Run all services until the block ends, and yield the time that they took to be ready."""
    began = time.perf_counter()
    serve = [*COMMAND, "serve", "--data", str(data), "--sample", "none"]
    process = subprocess.Popen(serve, stdout=sys.stderr)  # noqa: S603
    try:
        while not is_ready():
            if process.poll() is not None:
                sys.exit("The services did not start.")
            time.sleep(0.05)
        yield time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def is_ready() -> bool:
    """Ask the gateway."""
    try:
        return httpx.get(f"{URL}/readyz").is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
