"""What an empty collection is filled with, so that there is something to find."""

import subprocess
from enum import StrEnum
from pathlib import Path

import anyio
from anyio import from_thread, to_thread
from rich.progress import Progress

from cli import console
from cli.failures import CommandFailed
from cli.serving.supervisor import command


class Sample(StrEnum):
    """The samples by name."""

    GALLERY = "gallery"
    CALTECH101 = "caltech101"
    NONE = "none"


async def prepare(sample: Sample, data: Path) -> Path:
    """Make sure that the sample's images are below the data folder, and return where.

    Raises:
        CommandFailed: They could not be fetched.
    """
    folder = data / sample
    if sample is Sample.GALLERY:
        await to_thread.run_sync(_draw_gallery, folder)
    else:
        await _fetch_caltech101(folder)
    return folder


def _draw_gallery(folder: Path) -> None:
    from cli.gallery import write  # here, because the other commands need no drawing library

    messages = console.messages()
    if not messages.is_terminal:
        console.say("Drawing a gallery")
    with Progress(console=messages, disable=not messages.is_terminal) as bar:
        task = bar.add_task("Drawing a gallery", total=None)

        def on_progress(done: int, total: int) -> None:
            from_thread.check_cancelled()
            bar.update(task, completed=done, total=total)

        write(folder, on_progress=on_progress)


async def _fetch_caltech101(folder: Path) -> None:
    process = await anyio.open_process(
        command("cli.serving.caltech101", str(folder)),
        stdin=subprocess.PIPE,
        stdout=None,
        stderr=None,
        start_new_session=True,
    )
    async with process:  # on the way out, by Ctrl-C too, it is ended
        if await process.wait() != 0:
            raise CommandFailed(
                "Caltech-101 could not be fetched.",
                "The reason is above. The services go on running. Is the Internet reachable? Else fetch the images "
                "yourself and load them: lookalike ingest DIR",
            )
