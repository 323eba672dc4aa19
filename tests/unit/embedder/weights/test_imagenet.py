import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.embedder.weights import WeightsUnavailable
from services.embedder.weights.imagenet import FILE, Imagenet

CONTENT = b"the numbers" * 1000
MD5 = hashlib.md5(CONTENT).hexdigest()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the tests' output clean."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / FILE).write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{FILE}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "models").mkdir(parents=True)
    return tmp_path / "keras"


def test_they_are_fetched_from_their_host(host: str, tmp_path: Path) -> None:
    source = Imagenet(tmp_path / "cache", host, MD5)
    assert source.find() is None
    assert source.host_answers()
    weights = source.obtain()
    assert weights.path.read_bytes() == CONTENT
    assert weights.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (weights.name, weights.form, weights.network) == ("imagenet", "keras", "average")
    assert list((tmp_path / "cache").iterdir()) == [weights.path]


def test_what_keras_has_fetched_is_taken(keras_home: Path, tmp_path: Path) -> None:
    (keras_home / "models" / FILE).write_bytes(CONTENT)
    weights = Imagenet(tmp_path / "cache", "http://127.0.0.1:9/", MD5).obtain()
    assert weights.path.parent.parent == keras_home


def test_a_damaged_file_is_fetched_again(host: str, keras_home: Path, tmp_path: Path) -> None:
    (keras_home / "models" / FILE).write_bytes(CONTENT[:-1])
    weights = Imagenet(tmp_path / "cache", host, MD5).obtain()
    assert weights.path.read_bytes() == CONTENT


def test_a_host_that_does_not_answer_is_said_with_a_way_out(tmp_path: Path) -> None:
    source = Imagenet(tmp_path / "cache", "http://127.0.0.1:9/", MD5)
    assert not source.host_answers()
    with pytest.raises(WeightsUnavailable, match="WEIGHTS=inception-2015"):
        source.obtain()


def test_another_content_than_expected_is_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="not what they should be"):
        Imagenet(tmp_path / "cache", host, "00" * 16).obtain()
