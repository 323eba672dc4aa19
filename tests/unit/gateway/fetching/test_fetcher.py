"""What is fetched, from real servers on this machine that the rules admit."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import httpcore
import pytest
import trustme

from services.gateway.fetching.fetcher import UrlFetcher
from services.gateway.fetching.rules import FetchRules
from shared.errors import EmptyUpload, FetchFailed, ImageTooLarge, UnsupportedMediaType, UrlForbidden
from tests.support.images import ENCODERS, jpeg, picture, png
from tests.support.names import Names
from tests.support.web import Website, answer, redirect

IMAGE = png(picture(1, (64, 48)))
HOST = "127.0.0.2"


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    site = Website({"/pond.png": answer(IMAGE, headers={"Content-Type": "text/html"})})
    async with site.on(HOST):
        yield site


def rules(site: Website, **changed: object) -> FetchRules:
    admitted = FetchRules(frozenset({site.port}), (ip_network(f"{HOST}/32"),), seconds=10, refusal_seconds=0)
    return replace(admitted, **changed)  # type: ignore[arg-type]


def fetcher(site: Website, **changed: object) -> UrlFetcher:
    return UrlFetcher(rules(site, **changed), Names({"pond.example": [[HOST]], "other.example": [[HOST]]}))


def url(site: Website, path: str = "/pond.png", host: str = "pond.example") -> str:
    return f"http://{host}:{site.port}{path}"


async def test_an_image_is_known_by_its_bytes_whatever_the_server_calls_it(site: Website) -> None:
    for media_type, encode in ENCODERS.items():
        image = encode(picture(3, (64, 48)))
        site.pages["/image"] = answer(image, headers={"Content-Type": "application/octet-stream"})
        assert await fetcher(site).fetch(url(site, "/image")) == image, media_type
    site.pages["/page"] = answer(b"<html>not an image</html>", headers={"Content-Type": "image/png"})
    with pytest.raises(UnsupportedMediaType):
        await fetcher(site).fetch(url(site, "/page"))


async def test_a_request_tells_nothing_of_who_asks(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    site.pages["/a?b=c"] = answer(
        b"", "302 Found", {"Location": url(site, host="other.example"), "Set-Cookie": "who=me; Domain=example"}
    )
    assert await fetcher(site).fetch(url(site, "/a?b=c#part")) == IMAGE
    first, second = ([line.lower() for line in head.split("\r\n")] for head in site.heads)
    assert f"host: pond.example:{site.port}" in first
    assert f"host: other.example:{site.port}" in second
    names = {line.partition(":")[0] for line in [*first[1:], *second[1:]] if line}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert "accept-encoding: identity" in first


async def test_redirects_are_followed_only_so_far(site: Website) -> None:
    for number in range(4):
        site.pages[f"/{number}"] = redirect(f"/{number - 1}" if number else "/pond.png")
    assert await fetcher(site).fetch(url(site, "/2")) == IMAGE
    with pytest.raises(FetchFailed):
        await fetcher(site).fetch(url(site, "/3"))
    site.pages["/round"] = redirect("/round")
    with pytest.raises(FetchFailed):
        await fetcher(site).fetch(url(site, "/round"))


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + IMAGE)
    while True:
        writer.write(bytes(65_536))
        await writer.drain()


async def trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + IMAGE[:20])
    while True:
        writer.write(b"\0")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def test_an_endless_file_is_cut_off(site: Website) -> None:
    site.pages["/endless"] = endless
    with pytest.raises(ImageTooLarge):
        await fetcher(site, max_bytes=1_000_000).fetch(url(site, "/endless"))


async def test_a_file_that_announces_too_much_is_not_read(site: Website) -> None:
    site.pages["/long"] = answer(IMAGE, headers={"Content-Length": "1000000"})
    with pytest.raises(ImageTooLarge):
        await fetcher(site, max_bytes=999_999).fetch(url(site, "/long"))


@pytest.mark.parametrize("page", [trickle, silence])
async def test_a_server_that_takes_its_time_is_left(site: Website, page: object) -> None:
    site.pages["/slow"] = page  # type: ignore[assignment]
    with pytest.raises(FetchFailed):
        await fetcher(site, seconds=0.3).fetch(url(site, "/slow"))


@pytest.mark.parametrize(
    ("page", "refusal"),
    [
        (answer(gzip.compress(IMAGE), headers={"Content-Encoding": "gzip"}), FetchFailed),
        (answer(IMAGE, headers={"Content-Encoding": "br"}), FetchFailed),
        (answer(IMAGE, headers={"Content-Length": str(len(IMAGE) + 1)}), FetchFailed),
        (answer(b""), EmptyUpload),
        (answer(b"GI"), UnsupportedMediaType),
        (answer(IMAGE, "404 Not Found"), FetchFailed),
        (answer(IMAGE, "500 Internal Server Error"), FetchFailed),
        (answer(IMAGE, "206 Partial Content"), FetchFailed),
        (answer(IMAGE, "304 Not Modified"), FetchFailed),
        (answer(b"", "302 Found"), FetchFailed),
        (b"SSH-2.0-OpenSSH_9.9\r\n", FetchFailed),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", FetchFailed),
        (b"", FetchFailed),
    ],
)
async def test_what_is_no_image_as_it_stands_is_refused(site: Website, page: bytes, refusal: type[Exception]) -> None:
    site.pages["/odd"] = page
    with pytest.raises(refusal):
        await fetcher(site).fetch(url(site, "/odd"))


async def test_a_port_where_nobody_listens_is_a_failed_fetch(site: Website) -> None:
    nobody = Website()
    async with nobody.on(HOST) as port:
        pass
    with pytest.raises(FetchFailed):
        await fetcher(site, ports=frozenset({port})).fetch(f"http://pond.example:{port}/pond.png")


async def test_several_are_fetched_at_once_within_a_bound(site: Website) -> None:
    under_way = most = 0

    async def counted(writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        writer.write(answer(IMAGE))
        await writer.drain()

    site.pages["/counted"] = counted
    assert await fetcher(site, at_once=3).fetch_all([url(site, "/counted")] * 9) == [IMAGE] * 9
    assert most == 3


async def test_images_of_one_request_share_a_bound_on_their_bytes(site: Website) -> None:
    bound = 3 * len(IMAGE)
    assert len(await fetcher(site, max_bytes_together=bound).fetch_all([url(site)] * 3)) == 3
    with pytest.raises(ImageTooLarge):
        await fetcher(site, max_bytes_together=bound).fetch_all([url(site)] * 4)


async def test_one_failure_ends_the_others_and_is_named(site: Website) -> None:
    site.pages["/silence"] = silence
    with pytest.raises(UrlForbidden) as refused:
        await fetcher(site).fetch_all([url(site, "/silence"), url(site, host="unknown.example"), url(site)])
    assert [fault.field for fault in refused.value.errors] == ["body.examples.1.url"]


class Wires(httpcore.AsyncNetworkBackend):
    """Notes where connections go, and makes none."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        raise httpcore.ConnectError("nobody there")


async def dialled(answers: Sequence[Sequence[str]]) -> list[tuple[str, int]]:
    wires = Wires()
    with pytest.raises(FetchFailed):
        await UrlFetcher(FetchRules(), Names({"pond.example": answers}), wires).fetch("https://pond.example/pond.png")
    return wires.dialled


async def test_connections_go_to_the_addresses_that_were_checked_one_after_the_other() -> None:
    addresses = ["93.184.216.34", "2606:2800:220:1::1"]
    assert await dialled([addresses, ["127.0.0.1"]]) == [(address, 443) for address in addresses]


async def test_another_name_that_hides_an_inner_address_among_public_ones_is_not_dialled() -> None:
    wires = Wires()
    names = Names({"pond.example": [["93.184.216.34", "10.0.0.1"]]})
    with pytest.raises(UrlForbidden):
        await UrlFetcher(FetchRules(refusal_seconds=0), names, wires).fetch("https://pond.example/pond.png")
    assert wires.dialled == []


async def test_tls_is_for_the_name_though_the_connection_is_to_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    asked: list[str | None] = []

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        asked.append(name)

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.sni_callback = note
    authority.issue_cert("pond.example").configure_cert(tls)
    site = Website({"/pond.jpg": answer(jpeg(picture(1)))})
    async with site.on(HOST, tls=tls):
        untrusted = fetcher(site)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        trusted = fetcher(site)
        address = f"https://pond.example:{site.port}/pond.jpg"
        assert await trusted.fetch(address) == jpeg(picture(1))
        assert asked == ["pond.example"]
        for refused, host in ((untrusted, "pond.example"), (trusted, "other.example"), (trusted, HOST)):
            with pytest.raises(FetchFailed):
                await refused.fetch(f"https://{host}:{site.port}/pond.jpg")
    assert len(site.heads) == 1
