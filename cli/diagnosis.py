"""What a working Lookalike needs, checked one thing at a time."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile

from cli.serving import ports
from shared.contracts.gateway import Stats

_EXTRAS = ("embedder", "search", "gateway", "cli")
_FREE_BYTES = 2 * 2**30
_NODE = 20
_NAME = re.compile(r"[^A-Za-z0-9._-]")  # what ends the name in "numpy>=1.26; extra == 'search'"
_EXTRA = re.compile(r"extra == ['\"](\w+)['\"]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    what: str
    good: bool
    detail: str
    mend: str = ""
    """What to do about it."""
    needed: bool = True


def examine(data: Path, listening: Mapping[str, int], running: Stats | None) -> Iterator[Finding]:
    """Check one thing after the other; `running` is what a running gateway says of itself."""
    yield _python()
    for extra in _EXTRAS:
        yield _packages(extra)
    yield _weights()
    yield _data(data)
    yield from _services(listening, running)
    yield _node()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python 3.11 or newer", sys.version_info >= (3, 11), found, "Install a newer Python: python.org")


def _packages(extra: str) -> Finding:
    """Compare what the project says that it requires with what is installed; nothing is imported for it."""
    required = [
        _NAME.split(line)[0] for line in metadata.requires("lookalike") or () if _EXTRA.findall(line) == [extra]
    ]
    missing = [name for name in required if not _is_installed(name)]
    detail = f"missing: {', '.join(missing)}" if missing else f"{len(required)} packages"
    return Finding(f"Packages of {extra}", not missing, detail, f"pip install -e '.[{extra}]'")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _weights() -> Finding:
    check = subprocess.run(
        [sys.executable, "-P", "-m", "services.embedder.weights", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (check.stdout + check.stderr).strip().splitlines()
    return Finding(
        "The network's weights",
        check.returncode == 0,
        lines[-1] if lines else "cannot be checked",
        "python -m services.embedder.weights",
    )


def _data(data: Path) -> Finding:
    existing = next(folder for folder in (data, *data.parents) if folder.exists())
    try:
        with TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        reason = f"{existing}: {error.strerror}"
        return Finding("Data folder", good=False, detail=reason, mend="Name another: lookalike serve --data DIR")
    detail = f"{data}, {free / 2**30:.0f} GiB free"
    mend = f"Free {_FREE_BYTES // 2**30} GiB there, or name another: lookalike serve --data DIR"
    return Finding("Data folder", free >= _FREE_BYTES, detail, mend)


def _services(listening: Mapping[str, int], running: Stats | None) -> Iterator[Finding]:
    if running:
        images = sum(held.images for held in running.search.collections)
        detail = f"{running.version}, {images} images, {running.embedder.recipe} with {running.embedder.weights}"
        yield Finding("Running services", good=True, detail=f"{detail}, space {running.embedder.fingerprint}")
        return
    for name, port in listening.items():
        free = ports.is_free(port)
        detail = "free" if free else "taken by another program"
        mend = f"Stop that program, or: {name.upper()}_PORT={port + 10} lookalike serve"
        yield Finding(f"Port {port} for the {name}", free, detail, mend)
    yield Finding(
        "Running services", good=False, detail="not running", mend="make run, or: lookalike serve", needed=False
    )


def _node() -> Finding:
    what, mend = f"Node.js {_NODE} or newer", "Only to work on the web page: nodejs.org"
    program = shutil.which("node")
    if not program:
        return Finding(what, good=False, detail="not found", mend=mend, needed=False)
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = asked.stdout.strip()
    major = re.match(r"v(\d+)", version)
    return Finding(what, bool(major and int(major[1]) >= _NODE), version, mend, needed=False)
