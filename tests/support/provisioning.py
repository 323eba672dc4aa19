"""Gets programs that tests run, and that no package of this project brings."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path


class Unavailable(Exception):
    """A program cannot be run here; says why, and how to change that."""


def once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder whole or not at all, though others may be doing the same."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-", ignore_cleanup_errors=True) as scratch:
        fill(Path(scratch))
        if not folder.is_dir():
            shutil.copytree(scratch, f"{scratch}-done", symlinks=True)
            Path(f"{scratch}-done").rename(folder)


def run(*command: str, cwd: Path | None = None) -> str:
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=300).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or error
        raise Unavailable(f"{command[0]} failed: {str(said).strip()}") from error
