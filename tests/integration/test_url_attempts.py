"""Attempts to make the gateway fetch from inside its network: none gets a connection, and all get the same answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from tests.support.names import Names
from tests.support.serving import serving
from tests.support.stack import Stack, stack
from tests.support.web import Website, redirect

TABLE = (Path(__file__).parents[1] / "data" / "url_attempts.txt").read_text().splitlines()

NAMES: dict[str, list[list[str]]] = {
    "localhost": [["127.0.0.1", "::1"]],
    "localhost.": [["127.0.0.1"]],
    "localhost.localdomain": [["127.0.0.1"]],
    "ip6-localhost": [["::1"]],
    "loopback.example": [["127.0.0.1"]],
    "loopback6.example": [["::1"]],
    "private.example": [["10.0.0.5"]],
    "metadata.example": [["169.254.169.254"]],
    "shared.example": [["100.64.3.4"]],
    "mapped.example": [["::ffff:127.0.0.1"]],
    "nat64.example": [["64:ff9b::7f00:1"]],
    "sixtofour.example": [["2002:7f00:1::"]],
    "zone.example": [["fe80::1%lo"]],
    "unspecified.example": [["0.0.0.0"]],
    "multicast.example": [["224.0.0.251"]],
    "mixed.example": [["93.184.216.34", "127.0.0.1"]],
    "mixed6.example": [["127.0.0.1", "2606:2800:220:1::1"]],
    "loopback.example.": [["127.0.0.1"]],
    "empty.example": [[]],
    "turns.example": [["127.0.0.1"], ["93.184.216.34"]],
    "xn--bcher-kva.example": [["127.0.0.1"]],
}
NAMED = [*NAMES, "LOOPBACK.example", "bücher.example", "unknown.example"]

RAW = [
    "http://loc\u00adalhost/",
    "http://localhost\u200b/",
    "http://public.example/\r\nHost: 127.0.0.1",
    "http://public.example\t/",
    " http://public.example/",
    "http://\x00/",
]


@dataclass
class Bench:
    """A gateway that fetches, the canary inside that must stay alone, and a public site that sends its guests there."""

    gateway: httpx.AsyncClient
    canaries: list[Website]
    public: Website
    port: int

    def inside(self) -> list[str]:
        table = [line.replace("{port}", str(self.port)) for line in TABLE if line and not line.startswith("#")]
        return table + [f"http://{host}:{self.port}/x.png" for host in NAMED] + RAW

    def knocks(self) -> int:
        return sum(canary.connections for canary in self.canaries)

    async def tell(self, url: str, path: str = "/v1/search/by-url") -> tuple[int, str, str]:
        body = {"examples": [{"url": url}]} if path.endswith("search/by-url") else {"url": url}
        answer = await self.gateway.post(path, json=body)
        return answer.status_code, answer.json()["code"], answer.json()["detail"]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("data")
    with stack(folder) as running:
        yield running


@pytest.fixture
async def bench(services: Stack) -> AsyncIterator[Bench]:
    public, canaries = Website(), [Website(), Website()]
    async with AsyncExitStack() as entered:
        port = await entered.enter_async_context(public.on("127.0.0.2"))
        for canary, host in zip(canaries, ("127.0.0.1", "::1"), strict=True):
            await entered.enter_async_context(canary.on(host, port))
        settings = GatewaySettings(
            embedder_url=services.embedder,
            search_url=services.search,
            url_fetch=True,
            url_fetch_ports=f"80,443,{port}",
            url_fetch_allowed_networks="127.0.0.2/32",
        )
        names = Names({"public.example": [["127.0.0.2"]], "rebinding.example": [["127.0.0.2"], ["127.0.0.1"]], **NAMES})
        with serving(create_app(settings, resolve=names)) as url:
            async with httpx.AsyncClient(base_url=url, timeout=60) as http:
                yield Bench(http, canaries, public, port)


async def in_turns(bench: Bench, urls: list[str], path: str = "/v1/search/by-url") -> list[tuple[str, int, str, str]]:
    places = asyncio.Semaphore(16)

    async def tell(url: str) -> tuple[str, int, str, str]:
        async with places:
            return url, *(await bench.tell(url, path))

    return await asyncio.gather(*map(tell, urls))


async def test_no_address_inside_is_fetched_and_all_are_refused_alike(bench: Bench) -> None:
    urls = bench.inside()
    assert len(set(urls)) > 120
    answers = await in_turns(bench, urls)
    assert [answer for answer in answers if answer[1:3] != (422, "url_forbidden")] == []
    assert len({detail for *_, detail in answers}) == 1
    assert (bench.knocks(), bench.public.connections) == (0, 0)


async def test_no_redirect_leads_inside(bench: Bench) -> None:
    # A header cannot hold control characters, and spaces around its value are no part of it.
    targets = [url for url in bench.inside() if url == url.strip() and min(url) >= " "]
    statuses = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
    for number, target in enumerate(targets):
        location = target.encode().decode("latin-1")
        bench.public.pages[f"/{number}"] = redirect(location, statuses[number % len(statuses)])
    urls = [f"http://public.example:{bench.port}/{number}" for number in range(len(targets))]
    answers = await in_turns(bench, urls)
    told = {target: answer[1:3] for target, answer in zip(targets, answers, strict=True)}
    assert told.pop("127.0.0.1") == (422, "fetch_failed")  # the name of a page of the same site
    assert {target: answer for target, answer in told.items() if answer != (422, "url_forbidden")} == {}
    assert len({detail for _, _, code, detail in answers if code == "url_forbidden"}) == 1
    assert bench.knocks() == 0


async def test_an_upload_by_url_is_as_careful(bench: Bench) -> None:
    urls = [f"http://{host}:{bench.port}/x.png" for host in ("127.0.0.1", "[::1]", "0x7f.1", "loopback.example")]
    answers = await in_turns(bench, urls, "/v1/images/by-url")
    assert {answer[2] for answer in answers} == {"url_forbidden"}
    assert bench.knocks() == 0


async def test_a_name_that_changes_between_look_up_and_connection_changes_nothing(bench: Bench) -> None:
    """It stands for the public site when it is looked up, and for the canary ever after."""
    url = f"http://rebinding.example:{bench.port}/x.png"
    assert (await bench.tell(url))[1] == "fetch_failed"
    assert (bench.public.connections, bench.knocks()) == (1, 0)
    assert (await bench.tell(url))[1] == "url_forbidden"
    assert (bench.public.connections, bench.knocks()) == (1, 0)


async def test_a_redirect_to_a_name_that_changes_is_looked_up_anew(bench: Bench) -> None:
    url = f"http://rebinding.example:{bench.port}/again"
    bench.public.pages["/again"] = redirect(url)
    assert (await bench.tell(url))[1] == "url_forbidden"
    assert (bench.public.connections, bench.knocks()) == (1, 0)
