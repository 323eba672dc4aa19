"""Tokens: what a client sends, and how it is told from any other.

A token is `lookalike_<id>_<secret>`: a word that scanners for leaked secrets can look for, the id under which its key
is kept, and 256 bits of chance.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from shared.contracts.access import ApiKey, Scope

_FORM = re.compile(r"lookalike_([0-9a-f]{12})_[0-9a-f]{64}")


def create(
    name: str,
    scopes: Sequence[Scope],
    collections: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and its token, which is kept nowhere: whoever loses it needs another key."""
    key_id = secrets.token_hex(6)
    token = f"lookalike_{key_id}_{secrets.token_hex(32)}"
    key = ApiKey(
        id=key_id,
        name=name,
        sha256=_digest(token),
        scopes=tuple(scopes),
        collections=None if collections is None else tuple(collections),
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    return key, token


def key_id(token: str) -> str | None:
    """Read from a token which key it claims to be of; None where it is no token of ours."""
    match = _FORM.fullmatch(token)
    return match[1] if match else None


def opens(token: str, key: ApiKey) -> bool:
    """Tell whether this is the key's token, in a time that tells nothing about how much of it is right."""
    return hmac.compare_digest(_digest(token), key.sha256)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
