"""What the embedder makes of the processor: images a second and latency, beside bare networks and the original's way.

    python -m benchmarks.embedder [FOLDER] [--seconds 10] [--clients 1 4 16 64] [--json]

FOLDER has images; without it the gallery is drawn. Every network sees the same pictures with the same weights, one
after another on the same cores: decoding alone, each network alone, each service through HTTP. The clients are threads
of this program and use the same cores, too. Needs the extras `openvino` and `benchmarks`; the int8 network is quantised
with the pictures of the benchmark, in a cache of its own.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.serving import Served, serve
from cli import gallery
from services.embedder import processor, weights
from services.embedder.app import RUNTIMES
from services.embedder.decoding import Limits
from services.embedder.extractors import graph
from services.embedder.extractors.graph import Graph
from services.embedder.extractors.network import IMAGES, part_name
from services.embedder.preparing import prepare
from services.embedder.recipes import RECIPES
from services.embedder.settings import EmbedderSettings
from shared.settings import CacheSettings

RECIPE = RECIPES[EmbedderSettings().recipe]
LIMITS = Limits(40 * 2**20, 64_000_000)
FULL_BATCH = 16
SERVED = (
    ("tensorflow", "float32"),
    ("tensorflow", "bfloat16"),
    ("openvino", "float32"),
    ("openvino", "bfloat16"),
    ("openvino", "int8"),
)
BARE = (*SERVED, ("onnxruntime", "float32"))

Run = Callable[[NDArray[np.float32]], object]


@dataclass(frozen=True)
class Bare:
    """A network alone, called with pixels that are there already; images a second by batch size."""

    runtime: str
    precision: str
    rates: dict[int, float]


@dataclass(frozen=True)
class Result:
    """Everything measured."""

    cores: int
    pictures: int
    milliseconds_to_decode: float
    """One image, on one core."""
    bare: tuple[Bare, ...]
    served: tuple[Served, ...]


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=10, help="for each measurement")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch, "gallery")
        if options.folder is None:
            gallery.write(folder, per_kind=4)
        os.environ["LOOKALIKE_CACHE"] = str(_cache(Path(scratch), folder))
        files = [file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()]
        result = measure(files, options.clients, options.seconds)
    sys.stdout.write(json.dumps(asdict(result), indent=2) + "\n" if options.json else as_tables(result))


def _cache(scratch: Path, folder: Path) -> Path:
    """Make a cache of the benchmark's own: the weights, the network, and an int8 network made with the pictures."""
    own, cache = CacheSettings().lookalike_cache, scratch / "cache"
    obtained = _graph()
    (cache / "networks").mkdir(parents=True)
    if obtained.weights.path.is_relative_to(own):
        shutil.copy(obtained.weights.path, cache)
    shutil.copytree(obtained.folder / "float32", cache / "networks" / obtained.folder.name / "float32")
    command = [sys.executable, "-m", "services.embedder.quantise", str(folder)]
    environment = os.environ | {"LOOKALIKE_CACHE": str(cache)}
    subprocess.run(command, env=environment, stdout=sys.stderr, check=True)  # noqa: S603
    return cache


def _graph() -> Graph:
    cache = CacheSettings().lookalike_cache
    return graph.obtain(RECIPE, weights.obtain(EmbedderSettings().weights, cache), cache)


def measure(files: Sequence[bytes], clients: Sequence[int], seconds: float) -> Result:
    """Measure everything, one after the other."""
    cores = processor.cores()
    decoding = _seconds_to_decode(files)
    networks = []
    for runtime, precision in BARE:
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            networks.append(process.submit(bare, runtime, precision, files[:64], seconds).result())
    served = [serve("the original's way", ["benchmarks.original"], {}, files, clients, seconds)]
    for network in networks[: len(SERVED)]:
        settings = {"RUNTIME": network.runtime, "PRECISION": network.precision, "MAX_IMAGES_IN_FLIGHT": "1024"}
        name = f"{network.runtime} {network.precision}"
        measured = serve(name, ["services.embedder"], settings, files, clients, seconds)
        served.append(_judged(measured, network, decoding / cores))
    return Result(cores, len(files), 1000 * decoding, tuple(networks), tuple(served))


def _judged(served: Served, network: Bare, decoding: float) -> Served:
    at_16 = next((load for load in served.loads if load.clients == FULL_BATCH), None)
    if at_16 is None:
        return served
    allowed = 1 / (decoding + 1 / max(network.rates.values()))
    full_batch = 1000 * FULL_BATCH / network.rates[FULL_BATCH]
    share, batches = at_16.images_a_second / allowed, at_16.p95 / full_batch
    return replace(served, of_what_decoding_and_network_allow=share, p95_in_full_batches=batches)


def _seconds_to_decode(files: Sequence[bytes]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        for file in files:
            prepare(file, RECIPE, LIMITS, with_thumbnail=False)
        times.append((time.perf_counter() - began) / len(files))
    return min(times)


def bare(runtime: str, precision: str, files: Sequence[bytes], seconds: float) -> Bare:
    """Measure a network alone; called in a process of its own."""
    obtained = _graph()
    run: Run
    if runtime == "onnxruntime":
        run = _onnxruntime(obtained)
    else:
        run = RUNTIMES[runtime](obtained, precision, processor.cores()).extract  # type: ignore[arg-type]
    prepared = [prepare(file, RECIPE, LIMITS, with_thumbnail=False).pixels for file in files]
    pixels = np.stack(prepared).astype(np.float32)
    return Bare(runtime, precision, {size: _rate(run, pixels[:size], seconds / 3) for size in (1, FULL_BATCH, 32)})


def _rate(run: Run, batch: NDArray[np.float32], seconds: float) -> float:
    run(batch)
    began, calls = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds or calls < 3:
        run(batch)
        calls += 1
    return calls * len(batch) / elapsed


def _onnxruntime(obtained: Graph) -> Run:
    import onnxruntime
    import tensorflow as tf
    import tf2onnx.convert

    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(obtained.path.read_bytes())
    outputs = [f"{part_name(layer)}:0" for layer in range(len(RECIPE.layers))]
    model, _ = tf2onnx.convert.from_graph_def(definition, input_names=[f"{IMAGES}:0"], output_names=outputs, opset=17)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = processor.cores()
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return lambda images: session.run(outputs, {f"{IMAGES}:0": images})


def as_tables(result: Result) -> str:
    """Write the tables of docs/measured.md."""
    return "\n".join([*_bare_table(result), "", *_served_table(result), ""])


def _bare_table(result: Result) -> Iterator[str]:
    yield f"Decoding takes {result.milliseconds_to_decode:.1f} ms an image and core; {result.cores} cores.\n"
    sizes = list(result.bare[0].rates)
    yield "| network alone, images a second | " + " | ".join(f"batch of {size}" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for network in result.bare:
        rates = " | ".join(f"{rate:.1f}" for rate in network.rates.values())
        yield f"| {network.runtime} {network.precision} | {rates} |"


def _served_table(result: Result) -> Iterator[str]:
    clients = [load.clients for load in result.served[0].loads]
    heads = " | ".join(f"{count} client{'s' * (count > 1)}" for count in clients)
    yield f"| images a second, median / p95 in ms | {heads} | ready after | of what is possible | p95 in batches |"
    yield "|---" * (len(clients) + 4) + "|"
    for served in result.served:
        loads = " | ".join(f"{load.images_a_second:.1f}, {load.median:.0f} / {load.p95:.0f}" for load in served.loads)
        yield f"| {served.name} | {loads} | {served.seconds_to_ready:.1f} s | {_judgement(served)} |"


def _judgement(served: Served) -> str:
    share, batches = served.of_what_decoding_and_network_allow, served.p95_in_full_batches
    return "| ".join(("" if share is None else f"{share:.0%} ", "" if batches is None else f"{batches:.1f}"))


if __name__ == "__main__":
    main()
