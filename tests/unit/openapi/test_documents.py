from importlib.metadata import version

from tests.support.openapi.breaks import breaks
from tests.support.openapi.documents import FOLDER, PROMISED, documents, read


def test_the_descriptions_in_the_repository_are_those_of_the_services() -> None:
    stale = [path.name for path, text in documents() if not path.exists() or path.read_text() != text]
    assert not stale, f"openapi/ is not as the services are ({', '.join(stale)}): `make openapi` writes it anew"


def test_v1_keeps_what_it_has_promised() -> None:
    broken = breaks(read(PROMISED), read(FOLDER / "gateway.json"))
    assert not broken, "clients of v1 would break; CONTRIBUTING.md says what to do:\n" + "\n".join(broken)


def test_what_is_promised_is_what_was_released() -> None:
    promised = read(PROMISED)["info"]["version"]
    assert promised == version("lookalike"), "a new version promises what it has: `make openapi-release`"
