from datetime import UTC, datetime, timedelta

from shared.keys import token as tokens


def test_a_token_opens_its_own_key_and_no_other() -> None:
    (key, token), (other, _) = tokens.create("a", ["search"]), tokens.create("b", ["search"])
    assert tokens.key_id(token) == key.id
    assert tokens.opens(token, key)
    assert not tokens.opens(token, other)
    assert not tokens.opens(token[:-1] + ("0" if token[-1] != "0" else "1"), key)


def test_a_key_does_not_tell_its_token() -> None:
    key, token = tokens.create("a", ["search"])
    assert token.startswith("lookalike_")
    assert token.rpartition("_")[2] not in key.model_dump_json()


def test_what_is_no_token_is_of_no_key() -> None:
    _, token = tokens.create("a", ["search"])
    for text in ("", "x", token + "0", token.upper(), f" {token}", f"{token}\n", "lookalike_é"):
        assert tokens.key_id(text) is None


def test_a_key_that_has_expired_is_known_as_such() -> None:
    now = datetime.now(UTC)
    key, _ = tokens.create("a", ["search"], expires_at=now + timedelta(days=1))
    assert not key.expired(now)
    assert key.expired(now + timedelta(days=1))
    assert not tokens.create("for ever", ["search"])[0].expired(now + timedelta(days=10_000))
