"""`lookalike quantise`: the int8 network, made from the user's own images or from the gallery."""

import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli import gallery
from cli.failures import CommandFailed
from cli.serving.supervisor import command


def quantise(
    folder: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="Images like those to be searched; else the gallery."),
    ] = None,
    images: Annotated[int, typer.Option(min=8, max=10_000, help="How many of them are used.")] = 256,
    again: Annotated[
        bool, typer.Option("--again", help="Replace one that is there. Its vectors make another embedding space.")
    ] = False,
) -> None:
    """Make the network that RUNTIME=openvino and PRECISION=int8 run."""
    with tempfile.TemporaryDirectory() as drawn:
        if folder is None:
            gallery.write(Path(drawn))
        options = ["--images", str(images), *(["--again"] if again else [])]
        arguments = command("services.embedder.quantise", str(folder or drawn), *options)
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as quantising:  # noqa: S603
            if quantising.wait() != 0:
                raise CommandFailed("No int8 network was made.", "The reason is above.")
