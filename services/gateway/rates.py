"""How often somebody may call: counted for each key, and for addresses that show none."""

import ipaddress
import math
import secrets
import time
from dataclasses import dataclass
from hashlib import blake2b

from limits import RateLimitItem
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

ADDRESS_BUCKETS = 2**16
"""Addresses are counted in this many buckets: a stranger with many of them cannot make the memory grow."""


class _Counters(Storage):
    """Counters in memory, which last for a window of time; there are as many as there are keys and buckets."""

    STORAGE_SCHEME = None
    base_exceptions = ()

    def __init__(self) -> None:
        super().__init__()
        self._counted: dict[str, tuple[int, float]] = {}

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        count, until = self._counted.get(key, (0, 0.0))
        now = time.time()
        if until <= now:
            count, until = 0, now + expiry
        self._counted[key] = (count + amount, until)
        return count + amount

    def get(self, key: str) -> int:
        count, until = self._counted.get(key, (0, 0.0))
        return count if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        return self._counted.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        forgotten = len(self._counted)
        self._counted.clear()
        return forgotten

    def clear(self, key: str) -> None:
        self._counted.pop(key, None)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit after a request.

    Args:
        policy: What is counted: `key` or `address`.
        limit: Requests that are allowed in a window of `window` seconds.
        window: See above.
        remaining: How many of them are left.
        reset: Seconds until all are there again.
        exceeded: Whether this request was one too many.
    """

    policy: str
    limit: int
    window: int
    remaining: int
    reset: int
    exceeded: bool

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give the header fields of the IETF's draft "RateLimit header fields for HTTP"."""
        policy = f'"{self.policy}";q={self.limit};w={self.window}'
        left = f'"{self.policy}";r={self.remaining};t={self.reset}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


class RateLimits:
    """Counts requests.

    Args:
        of_key: Limit of each key; None for no limit.
        of_address: Limit of each address that shows no key, or a wrong one; None for no limit.
    """

    def __init__(self, of_key: RateLimitItem | None, of_address: RateLimitItem | None) -> None:
        self._of_key = of_key
        self._of_address = of_address
        self._counters = _Counters()
        self._limiter = FixedWindowRateLimiter(self._counters)
        self._salt = secrets.token_bytes(16)

    def take_for_key(self, key_id: str) -> Allowance | None:
        """Count a request of a key; None where keys have no limit."""
        return self._take("key", self._of_key, key_id)

    def take_for_address(self, address: str) -> Allowance | None:
        """Count a request from an address; None where addresses have no limit."""
        return self._take("address", self._of_address, self._bucket(address))

    def _take(self, policy: str, limit: RateLimitItem | None, identity: str) -> Allowance | None:
        if limit is None:
            return None
        allowed = self._limiter.hit(limit, policy, identity)
        window = self._limiter.get_window_stats(limit, policy, identity)
        reset = max(1, math.ceil(window.reset_time - time.time()))
        return Allowance(policy, limit.amount, limit.get_expiry(), window.remaining, reset, not allowed)

    def _bucket(self, address: str) -> str:
        # Salted, so that nobody can look for an address that shares the bucket of somebody to be locked out.
        digest = blake2b(_network(address).encode(), digest_size=8, salt=self._salt).digest()
        return str(int.from_bytes(digest, "big") % ADDRESS_BUCKETS)


def _network(address: str) -> str:
    """Give what one customer of a provider has: an IPv4 address, or 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed.packed, 64), strict=False))
