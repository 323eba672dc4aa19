"""Every recipe of the documentation, run as it stands there against running services."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.images import jpeg, picture
from tests.support.missing import missing
from tests.support.recipes import LANGUAGES, recipes
from tests.support.stack import stack
from tests.support.static_site import static_site

GATEWAY = "http://127.0.0.1:8000"
WEBSITE = "https://images.example.org"


@pytest.fixture
def kitchen(tmp_path: Path) -> Path:
    """A folder with the files that the recipes name."""
    folder = tmp_path / "kitchen"
    folder.mkdir()
    pond = picture(1)
    (folder / "pond.jpg").write_bytes(jpeg(pond))
    (folder / "evening.jpg").write_bytes(jpeg(pond.point(lambda value: value * 4 // 5)))
    (folder / "street.jpg").write_bytes(jpeg(picture(2)))
    (folder / "query.jpg").write_bytes(jpeg(pond.resize((240, 180))))
    (folder / "notes.txt").write_text("Buy bread.")
    return folder


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    if request.param == "js" and shutil.which("node") is None:
        missing("There is no Node.js, which recipes are tried with (on Debian: apt-get install nodejs).")
    name: str = request.param
    return name


# One process for all of them: importing the client takes longer than any recipe. Each has names of its own.
_EACH = """
import json, sys
for program in json.load(sys.stdin):
    exec(compile(program, "recipe", "exec"), {"__name__": "__main__"})
    print("\\0", end="")
"""


def outputs(language: str, programs: Sequence[str], folder: Path) -> list[str]:
    """Run programs as their readers do, and give what each prints."""
    match language:
        case "python":
            return run([sys.executable, "-c", _EACH], folder, json.dumps(programs)).split("\0")[:-1]
        case "bash":
            return [run(["bash", "-euo", "pipefail", "-c", program], folder) for program in programs]
        case _:
            return [run(["node", "--input-type=module", "--eval", program], folder) for program in programs]


def run(command: list[str], folder: Path, given: str = "") -> str:
    # Nothing that is set here may be needed there, but for the programs themselves.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        command, cwd=folder, env=environment, input=given, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, f"{command[-1]}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def test_the_recipes_do_what_they_say(kitchen: Path, language: str, tmp_path: Path) -> None:
    fetching: dict[str, Any] = {"url_fetch": True, "url_fetch_allowed_networks": "127.0.0.1"}
    with static_site(kitchen) as site, stack(tmp_path, url_fetch_ports=site.rpartition(":")[2], **fetching) as services:
        programs = [
            recipe.programs[language].replace(GATEWAY, services.gateway).replace(WEBSITE, site) for recipe in recipes()
        ]
        for recipe, printed in zip(recipes(), outputs(language, programs, kitchen), strict=True):
            if language == "bash":
                # The whole answer has in it, in the same order, all that the other languages choose from it.
                found = -1
                for word in recipe.prints.split():
                    found = printed.find(word, found + 1)
                    assert found >= 0, f"{recipe.title}: {word} is not where it is said to be in {printed}"
            else:
                assert printed == recipe.prints, recipe.title


def test_there_are_recipes() -> None:
    assert len(list(recipes())) >= 10
