import pytest

from services.gateway.rates import ADDRESS_BUCKETS, RateLimits
from services.gateway.settings import GatewaySettings, rate_of


def test_calls_beyond_the_limit_are_told_apart_and_when_to_come_back() -> None:
    limits = RateLimits(rate_of("2/hour"), None)
    first, second, third = (limits.take_for_key("a") for _ in range(3))
    assert first
    assert second
    assert third
    assert [taken.remaining for taken in (first, second, third)] == [1, 0, 0]
    assert [taken.exceeded for taken in (first, second, third)] == [False, False, True]
    assert 0 < third.reset <= 3600
    assert dict(first.headers())[b"ratelimit-policy"] == b'"key";q=2;w=3600'
    assert dict(first.headers())[b"ratelimit"].startswith(b'"key";r=1;t=')


def test_each_key_and_each_address_has_its_own_limit() -> None:
    limits = RateLimits(rate_of("1/hour"), rate_of("1/hour"))
    taken = [limits.take_for_key("a"), limits.take_for_key("b"), limits.take_for_address("a")]
    assert not any(one.exceeded for one in taken if one)


@pytest.mark.parametrize(
    ("one", "another"), [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.7", "192.0.2.7"), ("", "")]
)
def test_addresses_of_one_customer_count_together(one: str, another: str) -> None:
    limits = RateLimits(None, rate_of("1/hour"))
    limits.take_for_address(one)
    second = limits.take_for_address(another)
    assert second
    assert second.exceeded


def test_without_a_limit_nothing_is_counted() -> None:
    limits = RateLimits(None, None)
    assert limits.take_for_key("a") is None
    assert limits.take_for_address("192.0.2.7") is None


def test_a_stranger_with_many_addresses_takes_no_more_memory_than_the_buckets() -> None:
    limits = RateLimits(None, rate_of("1000/hour"))
    for number in range(2 * ADDRESS_BUCKETS):
        limits.take_for_address(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert limits._counters.reset() <= ADDRESS_BUCKETS


@pytest.mark.parametrize("rate", ["often", "10", "ten/minute"])
def test_a_limit_that_is_none_is_a_wrong_setting(rate: str) -> None:
    with pytest.raises(ValueError, match="600/minute"):
        GatewaySettings(key_rate_limit=rate)
