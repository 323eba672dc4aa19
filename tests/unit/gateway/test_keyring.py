import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.gateway.keyring import Keyring
from shared.errors import Unauthorized
from shared.keys import token as tokens
from shared.keys.file import KeyFile, KeyFileDamaged


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


async def loaded(file: KeyFile) -> Keyring:
    keyring = Keyring(file)
    await keyring.load()
    return keyring


def opens(keyring: Keyring, token: str) -> bool:
    try:
        keyring.key_of(token)
    except Unauthorized:
        return False
    return True


async def until(keyring: Keyring, token: str, opened: bool) -> None:
    async with asyncio.timeout(30):
        while opens(keyring, token) != opened:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.02)


async def test_a_token_gives_its_key(file: KeyFile) -> None:
    key, token = tokens.create("a", ["search"])
    file.add(key)
    assert (await loaded(file)).key_of(token) == key


async def test_nothing_else_opens(file: KeyFile) -> None:
    key, token = tokens.create("a", ["search"])
    file.add(key)
    keyring = await loaded(file)
    for wrong in ("", "x", tokens.create("b", ["admin"])[1], f"lookalike_{key.id}_{'0' * 64}", key.sha256):
        assert not opens(keyring, wrong)
    assert opens(keyring, token)


async def test_an_expired_key_opens_nothing(file: KeyFile) -> None:
    key, token = tokens.create("a", ["search"], expires_at=datetime.now(UTC) - timedelta(seconds=1))
    file.add(key)
    with pytest.raises(Unauthorized, match="expired"):
        (await loaded(file)).key_of(token)


async def test_keys_are_created_and_revoked_while_it_runs(file: KeyFile) -> None:
    keyring = await loaded(file)
    following = asyncio.create_task(keyring.follow())
    key, token = tokens.create("a", ["search"])
    file.add(key)
    await until(keyring, token, opened=True)
    file.remove(key.id)
    await until(keyring, token, opened=False)
    following.cancel()


async def test_a_file_that_was_damaged_leaves_the_keys_and_one_that_is_gone_takes_them(
    file: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    key, token = tokens.create("a", ["search"])
    other, second = tokens.create("b", ["search"])
    file.add(key)
    keyring = await loaded(file)
    following = asyncio.create_task(keyring.follow())
    whole = file.path.read_text()
    file.path.write_text("{")
    async with asyncio.timeout(30):
        while "those of before stay" not in caplog.text:  # noqa: ASYNC110 - nothing else tells when
            await asyncio.sleep(0.02)
    assert opens(keyring, token)
    file.path.write_text(whole)
    file.add(other)
    await until(keyring, second, opened=True)
    file.path.unlink()
    await until(keyring, token, opened=False)
    following.cancel()


async def test_a_gateway_does_not_start_on_a_damaged_file(file: KeyFile) -> None:
    file.path.write_text("{")
    with pytest.raises(KeyFileDamaged):
        await Keyring(file).load()
