"""`lookalike serve`: all services in one process tree, filled with something to find."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import anyio
import typer
from rich.text import Text

from cli import connection, console, failures, service_token_file
from cli.connection import Server
from cli.failures import CommandFailed
from cli.options import ApiKey, Collection
from cli.serving import ports
from cli.serving.loading import Loader
from cli.serving.ports import HOST
from cli.serving.samples import Sample
from cli.serving.supervisor import Service, Supervisor, command
from shared.clients.gateway import GatewayClient
from shared.contracts.base import DEFAULT_COLLECTION


def serve(
    images: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Folder of images to load, as by `ingest`."),
    ] = None,
    sample: Annotated[Sample, typer.Option(help="What an empty collection is filled with.")] = Sample.GALLERY,
    data: Annotated[Path, typer.Option(file_okay=False, help="Folder for all that is kept.")] = Path("data"),
    collection: Collection = DEFAULT_COLLECTION,
    api_key: ApiKey = None,
    gateway_port: Annotated[int, typer.Option(min=1, max=65535, envvar="GATEWAY_PORT")] = 8000,
    embedder_port: Annotated[int, typer.Option(min=1, max=65535, envvar="EMBEDDER_PORT")] = 8001,
    search_port: Annotated[int, typer.Option(min=1, max=65535, envvar="SEARCH_PORT")] = 8002,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        typer.Option(envvar="LOG_LEVEL", help="Least severe line of the services' logs that is shown."),
    ] = "warning",
) -> None:
    """Run Lookalike until Ctrl-C, and load images: those of --images, or a sample at the first start."""
    listening = {"gateway": gateway_port, "embedder": embedder_port, "search": search_port}
    ports.require_free(listening)
    data = _made(data)
    _fetch_weights()
    token = service_token_file.written(data)
    services = _services(listening, data, log_level, token)
    start = _Start(Server(f"http://{HOST}:{gateway_port}", api_key), data, collection, images, sample)
    raise typer.Exit(anyio.run(Supervisor(services, say=console.say).run, start.run))


def _made(data: Path) -> Path:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"The folder {data} cannot be made: {error.strerror}.", "Name another by --data."
        ) from error
    return data.resolve()


def _fetch_weights() -> None:
    if os.environ.get("EXTRACTOR", "inception") != "inception":
        return  # the stand-in for tests has no weights
    with subprocess.Popen(command("services.embedder.weights"), stdin=subprocess.PIPE) as fetching:  # noqa: S603
        if fetching.wait() != 0:
            raise CommandFailed(
                "The network's weights could not be fetched.",
                "The reason is above. They are needed once; WEIGHTS names a file of your own instead.",
            )


def _services(listening: Mapping[str, int], data: Path, log_level: str, token: str) -> list[Service]:
    """Describe the services, in the order of their start."""
    kept = {"STORE_URL": f"sqlite:///{data}/lookalike.db", "INDEX_FOLDER": f"{data}/index"}
    environment = kept | os.environ | {"HOST": HOST, "LOG_LEVEL": log_level, "SERVICE_TOKEN": token}
    for name in ("embedder", "search"):
        environment[f"{name.upper()}_URL"] = f"http://{HOST}:{listening[name]}"
    return [
        Service(name, f"services.{name}", environment | {"PORT": str(listening[name])})
        for name in ("embedder", "search", "gateway")
    ]


@dataclass(frozen=True, slots=True)
class _Start:
    """What happens beside the services while they run."""

    server: Server
    data: Path
    collection: str
    images: Path | None
    sample: Sample

    async def run(self) -> None:
        try:
            async with connection.gateway(self.server, connections=16) as client:
                await _until_ready(client)
                loader = Loader(client, self.server.url, self.collection, self.data)
                await self._load(loader)
                self._show_the_way(await loader.size())
        except CommandFailed as failure:  # the services go on: what is there can be searched
            failures.show(failure)

    async def _load(self, loader: Loader) -> None:
        try:
            if self.images:
                await loader.load_folder(self.images)
            else:
                await loader.load_sample(self.sample)
        except CommandFailed as failure:
            failures.show(failure)

    def _show_the_way(self, images: int) -> None:
        url = "" if self.server.url.endswith(":8000") else f" --url {self.server.url}"
        drawn = Path(os.path.relpath(self.data / "gallery" / "owl" / "owl-03.jpg"))
        file = drawn if drawn.exists() else "photo.jpg"
        # Where the environment is not activated, as after `make run`, the bare name would not be found.
        installed = Path(sys.executable).with_name("lookalike")
        program = "lookalike" if shutil.which("lookalike") else os.path.relpath(installed)
        lines = (
            f"Lookalike is ready: {images} images in the collection {self.collection}.",
            f"  Search in the browser           {self.server.url}/",
            f"  The API and its documentation   {self.server.url}/docs",
            f"  Search from the command line    {program} search {file}{url}",
            f"  Search by HTTP                  curl -F image=@{file} '{self.server.url}/v1/search?k=5'",
            f"  Add images of your own          {program} ingest DIR{url}",
            "  Stop                            Ctrl-C",
        )
        console.results().print(Text("\n".join(lines)))


async def _until_ready(client: GatewayClient) -> None:
    messages, told = console.messages(), ""
    with messages.status("Starting") as status:
        while not (readiness := await client.ready()).ready:
            waiting = "; ".join(readiness.waiting_for).rstrip(".")
            if waiting != told and not messages.is_terminal:
                console.say(f"Starting: {waiting}")
            status.update(Text(f"Starting: {waiting}"))
            told = waiting
            await anyio.sleep(0.2)
