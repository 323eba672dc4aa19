"""The embedder, as a process, and everything that a file can be: each is answered, and no other pays for it."""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from shared.clients.embedder import EmbedderClient
from shared.contracts.embedding import EmbeddedImage, EmbedOutcome
from shared.errors import EmptyUpload, ImageTooLarge, UndecodableImage, UnsupportedMediaType
from tests.support import images
from tests.support.corpus import corpus, jpeg_of_scans
from tests.support.embedding import resident_bytes, running
from tests.support.images import picture

GOOD = images.jpeg(picture(1))
REFUSALS = {error.code for error in (EmptyUpload, ImageTooLarge, UndecodableImage, UnsupportedMediaType)}
AT_ONCE = 4
MIB = 2**20

Embedder = tuple[subprocess.Popen[bytes], str]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return corpus()


@pytest.fixture(scope="module")
def embedder() -> Iterator[Embedder]:
    with running() as found:
        yield found


async def beside_a_good_one(url: str, files: dict[str, bytes]) -> dict[str, tuple[EmbedOutcome, EmbedOutcome]]:
    """Send each file together with a good image; the outcomes of both."""
    found: dict[str, tuple[EmbedOutcome, EmbedOutcome]] = {}
    waiting = iter(files.items())
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        client = EmbedderClient("embedder", http, deadline=60)

        async def work() -> None:
            for name, file in waiting:
                outcome, good = (await client.embed([file, GOOD])).images
                found[name] = (outcome, good)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


async def test_each_file_is_a_vector_or_a_refusal_and_a_good_one_beside_it_gets_its_vector(
    embedder: Embedder, files: dict[str, bytes]
) -> None:
    process, url = embedder
    alone = (await beside_a_good_one(url, {"good": GOOD}))["good"][0]
    assert isinstance(alone, EmbeddedImage)
    answers = await beside_a_good_one(url, files)
    assert answers.keys() == files.keys()
    kinds: Counter[str] = Counter()
    for name, (outcome, good) in answers.items():
        assert good == alone, name
        kinds[outcome.status] += 1
        if isinstance(outcome, EmbeddedImage):
            assert np.linalg.norm(np.frombuffer(outcome.vector, "<f4")) == pytest.approx(1, abs=1e-5), name
        else:
            assert outcome.problem.code in REFUSALS, (name, outcome.problem)
    assert min(kinds["embedded"], kinds["refused"]) > 100, "the corpus has many of both"
    assert process.poll() is None


async def test_memory_returns_to_its_level(embedder: Embedder, files: dict[str, bytes]) -> None:
    process, url = embedder
    before: list[int] = []
    for _ in range(2):  # allocators keep what was needed at once at the most, which differs from time to time
        await beside_a_good_one(url, files)
        before.append(resident_bytes(process.pid))
    level = max(before) + 16 * MIB
    later: list[int] = []
    while len(later) < 5 and min(later, default=level) >= level:  # what leaks does not come back to it
        await beside_a_good_one(url, files)
        later.append(resident_bytes(process.pid))
    assert min(later) < level, (before, later)


async def test_files_that_never_come_to_an_end_are_refused_and_keep_nobody_waiting() -> None:
    endless = jpeg_of_scans((8000, 7900), 50_000)
    with running(DECODE_TIMEOUT_SECONDS="2") as (process, url):
        answers = await beside_a_good_one(url, {f"endless {number}": endless for number in range(4)})
        assert process.poll() is None
    for outcome, good in answers.values():
        assert not isinstance(outcome, EmbeddedImage)
        assert outcome.problem.detail == "The image takes too long to decode."
        assert isinstance(good, EmbeddedImage)


@pytest.mark.parametrize(
    "ending", ["wrong.pdf", "wrong.png", "no ending", "../../etc/passwd", "\u202egpj.exe", "x" * 999]
)
def test_the_name_and_the_type_that_a_client_gives_mean_nothing(embedder: Embedder, ending: str) -> None:
    _, url = embedder
    answers = [
        httpx.post(f"{url}/v1/embed", files={"images": (name, GOOD, content_type)})
        for name, content_type in ((ending, "application/pdf"), ("photo.jpg", "image/jpeg"))
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["images"] == answers[1].json()["images"]
