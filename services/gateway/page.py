"""The page: the files that `web/` is built into, served beside the API."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import URL, Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import NotFound
from shared.problems import method_not_allowed, problem_response

BUILT = Path(__file__).parents[2] / "web" / "out"
"""Where `make run` builds the page, where the program runs from its sources."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob:",  # photos that are searched with are shown before they are sent
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""All that the page may do: nothing comes from another host, and no script stands in the text of a page."""

# Not what the machine's own table says: browsers run no script and take no font of a wrong type.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
_CODINGS = {"br": ".br", "gzip": ".gz"}
_READING = ("GET", "HEAD")
_API = ("/v1/", "/api/")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, as it is and compressed."""

    media_type: str
    cache_control: str
    etag: str
    bodies: Mapping[str, bytes]
    """By content coding; `identity` is always there."""

    def response(self, request: Headers, status: int = 200) -> Response:
        """Answer with the shortest form that is accepted, or with 304 where the client has the file."""
        offered = request.get("accept-encoding", "")
        accepted = {coding.partition(";")[0].strip() for coding in offered.split(",")}
        coding = next((coding for coding in _CODINGS if coding in accepted & self.bodies.keys()), "identity")
        headers = {
            "etag": self.etag,
            "cache-control": self.cache_control,
            "content-disposition": "inline",
            "content-security-policy": POLICY,
            "vary": "accept-encoding",
        }
        if self.etag in request.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if coding != "identity":
            headers["content-encoding"] = coding
        return Response(self.bodies[coding], status, headers, self.media_type)


class Page:
    """The files of a built page, read once: there are about a hundred, a few megabytes together.

    Args:
        folder: What `npm run build` has made.
    """

    def __init__(self, folder: Path) -> None:
        paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in _CODINGS.values()]
        self._files = {_address(path.relative_to(folder)): _read(folder, path) for path in paths}

    def file(self, address: str) -> PageFile | None:
        """Find the file that an address shows."""
        return self._files.get(address)


class PageFiles:
    """Answers for the page's addresses, to whoever asks: they say nothing of what is stored.

    Args:
        app: Answers for all other addresses.
        page: None where there is none.
    """

    def __init__(self, app: ASGIApp, page: Page | None) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope, self._page) if self._page and scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope, page: Page) -> Response | None:
        path = scope["path"]
        file, below = page.file(path), page.file(f"{path}/")
        if (file or below) and scope["method"] not in _READING:
            return method_not_allowed(_READING)
        if file:
            return file.response(Headers(scope=scope))
        return RedirectResponse(URL(scope=scope).replace(path=f"{path}/")) if below else None


def install(app: FastAPI, page: Page) -> None:
    """Tell browsers of an address that leads nowhere as the page does, and programs as the API does.

    Below the API's own addresses everybody is a program.
    """
    nowhere = page.file("/404.html")

    async def not_found(request: Request, _: Exception) -> Response:
        visiting = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_API)
        if nowhere and visiting:
            return nowhere.response(request.headers, 404)
        return problem_response(NotFound("There is no such address."))

    app.add_exception_handler(404, not_found)


def find(folder: Path | None) -> Page | None:
    """Read the page of a folder, by default of the one that it is built in; None where it has not been built."""
    chosen = folder or BUILT
    return Page(chosen) if (chosen / "index.html").is_file() else None


def _address(path: Path) -> str:
    """Give the address of a file: that of its folder, if it is the folder's index."""
    text = f"/{path.as_posix()}"
    return text.removesuffix("index.html") if path.name == "index.html" else text


def _read(folder: Path, path: Path) -> PageFile:
    data = path.read_bytes()
    compressed = {coding: path.with_name(path.name + suffix) for coding, suffix in _CODINGS.items()}
    bodies = {coding: file.read_bytes() for coding, file in compressed.items() if file.is_file()}
    # Files below this folder are named by their contents.
    lasting = (folder / "_next" / "static") in path.parents
    return PageFile(
        media_type=_TYPES.get(path.suffix, "application/octet-stream"),
        cache_control=_FOR_EVER if lasting else _ASK_AGAIN,
        etag=f'"{hashlib.sha256(data).hexdigest()[:32]}"',
        bodies={**bodies, "identity": data},
    )
