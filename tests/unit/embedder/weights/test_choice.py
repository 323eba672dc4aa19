import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.embedder import weights
from services.embedder.weights import WeightsUnavailable


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_file_of_the_users_own_is_named_and_digested(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    path.write_bytes(b"numbers")
    found = weights.obtain(str(path), tmp_path / "cache")
    assert (found.name, found.path) == (path.name, path)
    assert found.sha256 == hashlib.sha256(b"numbers").hexdigest()
    assert (found.form, found.network) == ("keras", "average")


@pytest.mark.parametrize("name", ["missing.h5", "notes.txt", "imagnet"])
def test_a_setting_that_means_nothing_is_said_without_the_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert weights.find(str(tmp_path / name), tmp_path) is None
    with pytest.raises(WeightsUnavailable, match="WEIGHTS is neither") as refusal:
        weights.obtain(str(tmp_path / name), tmp_path)
    assert str(tmp_path) not in str(refusal.value)


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.embedder.weights", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_in_one_line_which_weights_and_where(tmp_path: Path) -> None:
    path = tmp_path / "mine.h5"
    path.write_bytes(b"numbers")
    for arguments in ([], ["--check"]):
        done = command(*arguments, WEIGHTS=str(path))
        assert (done.returncode, done.stdout) == (0, f"weights mine.h5: {path}\n")


def test_the_check_fetches_nothing(tmp_path: Path) -> None:
    home = {"LOOKALIKE_CACHE": str(tmp_path / "cache"), "KERAS_HOME": str(tmp_path / "keras")}
    for setting in ("", "imagenet", "inception-2015"):
        done = command("--check", WEIGHTS=setting, **home)
        assert done.returncode == 1
        assert done.stdout.endswith("not on this machine\n")
    assert not (tmp_path / "cache").exists()


def test_the_command_fails_with_a_sentence() -> None:
    done = command(WEIGHTS="missing.h5")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("WEIGHTS is neither")
