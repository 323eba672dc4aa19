"""The memory that the embedder takes while very many clients send very large photos.

    python -m benchmarks.embedder_memory [--clients 64] [--megapixels 40] [--rounds 2] [--json]

The embedder runs as it is deployed, with the real network and its default settings, and is met over HTTP. The clients
send JPEG and PNG files in turn, as their users would: who is told to come back later comes back. Memory is that of the
embedder's process and of those that decode for it, read every 50 ms from the system.
"""

import argparse
import asyncio
import io
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import httpx
import numpy as np
from PIL import Image

from tests.support.embedding import resident_bytes, running


@dataclass(frozen=True)
class Result:
    """What was measured; memory in MiB, resident, of the process and those that it started."""

    clients: int
    images: int
    megapixels: float
    megabytes_sent: float
    before: int
    """Ready, and warm by one small image."""
    peak: int
    peak_of_the_service_alone: int
    """Without the processes that decode."""
    after: int
    """Once every answer is there."""
    told_to_come_back: int
    other_failures: int
    seconds: float


def main() -> None:
    """Run the benchmark and print its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--megapixels", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=2, help="photos that each client sends")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    photos = draw(options.megapixels)
    with running(EXTRACTOR="inception", LOG_LEVEL="warning") as (process, url):
        httpx.post(f"{url}/v1/embed", files={"images": encoded(64, "JPEG")}, timeout=60).raise_for_status()
        before = resident(process.pid)
        with Watch(process.pid) as watch:
            began = time.perf_counter()
            answers = asyncio.run(send(url, photos, options.clients, options.rounds))
            seconds = time.perf_counter() - began
        time.sleep(2)
        after = resident(process.pid)
    images = options.clients * options.rounds
    result = Result(
        clients=options.clients,
        images=images,
        megapixels=options.megapixels,
        megabytes_sent=sum(map(len, photos)) / len(photos) * images / 1e6,
        before=before,
        peak=watch.peak,
        peak_of_the_service_alone=watch.peak_alone,
        after=after,
        told_to_come_back=answers[503],
        other_failures=sum(count for status, count in answers.items() if status not in (200, 503)),
        seconds=seconds,
    )
    if options.json:
        sys.stdout.write(json.dumps(asdict(result), indent=2) + "\n")
    else:
        shown = asdict(result).items()
        sys.stdout.writelines(f"| {name.replace('_', ' ')} | {round(value, 1)} |\n" for name, value in shown)


def draw(megapixels: float) -> Sequence[bytes]:
    """Draw a photo of so many pixels, as JPEG and as PNG; grain makes the JPEG as long as a camera's."""
    side = round((megapixels * 1e6) ** 0.5)
    return encoded(side, "JPEG"), encoded(side, "PNG")


def encoded(side: int, media_format: str) -> bytes:
    """Draw a square of waves; a PNG has no grain, which it could not compress."""
    at = np.linspace(0, 20, side, dtype=np.float32)
    waves = (127 + 100 * np.sin(at)[:, None] * np.cos(at)[None]).astype(np.int16)
    if media_format == "JPEG":
        waves += np.random.default_rng(0).integers(-10, 11, waves.shape, np.int16)
    grey = Image.fromarray(np.clip(waves, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    Image.merge("RGB", (grey, grey.transpose(Image.Transpose.TRANSPOSE), grey)).save(buffer, media_format)
    return buffer.getvalue()


async def send(url: str, photos: Sequence[bytes], clients: int, rounds: int) -> Counter[int]:
    """Let every client send its photos, one after the other; count the answers by their status."""
    answers: Counter[int] = Counter()

    async def client(number: int) -> None:
        for turn in range(rounds):
            photo = photos[(number + turn) % len(photos)]
            while True:
                response = await http.post("/v1/embed", files={"images": photo})
                answers[response.status_code] += 1
                if response.status_code != 503:
                    break
                await asyncio.sleep(float(response.headers["retry-after"]))

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=600, limits=limits) as http:
        await asyncio.gather(*map(client, range(clients)))
    return answers


class Watch:
    """Reads the memory of a process and of those below it, over and over, until the block ends."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.peak = 0
        self.peak_alone = 0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stopped.wait(0.05):
            self.peak = max(self.peak, resident(self._process))
            self.peak_alone = max(self.peak_alone, resident(self._process, with_children=False))


def resident(process: int, *, with_children: bool = True) -> int:
    """Read the memory of a process, and of those below it, in MiB."""
    return resident_bytes(process, with_children=with_children) // 2**20


if __name__ == "__main__":
    main()
