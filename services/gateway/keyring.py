"""The keys that open the gateway, as the file has them now."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from shared.contracts.access import ApiKey
from shared.errors import Unauthorized
from shared.keys import token as tokens
from shared.keys.file import KeyFile, KeyFileDamaged

INTERVAL_SECONDS = 1.0
"""A key that is revoked opens nothing after this time."""

_log = logging.getLogger(__name__)


class Keyring:
    """Keeps the keys of a file in memory, and reads them again when the file changes.

    A file that is gone holds no keys: nobody gets in. One that is damaged leaves the keys as they were, and the log
    says so, for it takes a hand that slipped to make one.

    Args:
        file: Where the keys are.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._keys: Mapping[str, ApiKey] = {}
        self._version: object = None

    async def load(self) -> None:
        """Read the keys.

        Raises:
            KeyFileDamaged: There are none in the file.
            OSError: It cannot be read.
        """
        # The version comes first: a change in between is then noticed the next time.
        self._version = await asyncio.to_thread(self._file.version)
        self._keys = {key.id: key for key in await asyncio.to_thread(self._file.read)}
        if not self._keys:
            _log.warning("there are no API keys yet: `lookalike keys create` makes one")

    async def follow(self) -> None:
        """Read the keys again whenever the file has changed, for ever."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            try:
                if await asyncio.to_thread(self._file.version) != self._version:
                    await self.load()
            except (KeyFileDamaged, OSError) as error:
                _log.error("the API keys cannot be read again; those of before stay: %s", error)

    def key_of(self, token: str) -> ApiKey:
        """Give the key that a token is of.

        Raises:
            Unauthorized: There is none (any more), or it has expired.
        """
        key = self._keys.get(tokens.key_id(token) or "")
        if key is None or not tokens.opens(token, key):
            raise Unauthorized("The API key is not one of this installation, or has been revoked.")
        if key.expired(datetime.now(UTC)):
            raise Unauthorized("The API key has expired.")
        return key
