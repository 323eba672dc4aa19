"""Sends damaged files to an embedder, each beside a good image, and says what became of them.

    python -m tests.fuzz.embedder [--inputs 20000] [--seed 1] [--json]

The files are those of `tests.support.corpus`, damaged by `tests.support.mutations`; the embedder is a process without
weights, met over HTTP. Its exit status is 1 where an answer is neither a vector nor a typed refusal, where a good image
has another vector than alone, or where the embedder has ended. The file of such an answer is kept.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from shared.clients.embedder import EmbedderClient
from shared.contracts.embedding import EmbeddedImage, RefusedImage
from shared.errors import EmptyUpload, ImageTooLarge, LookalikeError, UndecodableImage, UnsupportedMediaType
from tests.support import images
from tests.support.corpus import corpus
from tests.support.embedding import resident_bytes, running
from tests.support.images import picture
from tests.support.mutations import mutated

GOOD = images.jpeg(picture(1))
REFUSALS = {error.code for error in (EmptyUpload, ImageTooLarge, UndecodableImage, UnsupportedMediaType)}
AT_ONCE = 4
LARGEST = 200_000
"""Bytes of the largest file that is damaged; the corpus' few larger ones take most of the time and show little."""


async def fuzz(url: str, inputs: Iterator[bytes], kept: Path) -> tuple[Counter[str], float]:
    """Send every input; count the outcomes, and give the seconds of the slowest answer."""
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        client = EmbedderClient("embedder", http, deadline=120)
        _, alone = await client.embed_one(GOOD)

        async def work() -> None:
            nonlocal slowest
            for data in inputs:
                began = time.perf_counter()
                outcome = await answer(client, data, alone)
                slowest = max(slowest, time.perf_counter() - began)
                outcomes[outcome] += 1
                if outcome.startswith("fault"):
                    (kept / f"{outcomes[outcome]:03}-{outcome.replace(' ', '-')}").write_bytes(data)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return outcomes, slowest


async def answer(client: EmbedderClient, data: bytes, alone: EmbeddedImage) -> str:
    """Send a file beside the good image; name what came of it."""
    try:
        outcome, good = (await client.embed([data, GOOD])).images
    except LookalikeError as error:
        return f"fault: {error.code}"
    if good != alone:
        return "fault: the good image beside it"
    if isinstance(outcome, RefusedImage):
        code = outcome.problem.code
        return code if code in REFUSALS else f"fault: {code}"
    return "vector"


def main() -> None:
    """Run and print what became of the inputs, and the memory before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kept", type=Path, default=Path("fuzz-faults"), help="where files of faults are kept")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    files = [data for data in corpus().values() if len(data) <= LARGEST]
    chance = random.Random(options.seed)
    with running() as (process, url):
        warm = (mutated(files, chance) for _ in range(options.inputs // 20))
        asyncio.run(fuzz(url, warm, options.kept))
        before = resident_bytes(process.pid)
        inputs = (mutated(files, chance) for _ in range(options.inputs))
        outcomes, slowest = asyncio.run(fuzz(url, inputs, options.kept))
        after = resident_bytes(process.pid)
        lives = process.poll() is None
    result = {
        "inputs": options.inputs,
        "outcomes": dict(sorted(outcomes.items())),
        "slowest answer, seconds": round(slowest, 2),
        "resident before, MiB": before // 2**20,
        "resident after, MiB": after // 2**20,
        "the embedder lives": lives,
    }
    if options.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in result.items())
    sys.exit(0 if lives and not any(outcome.startswith("fault") for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
