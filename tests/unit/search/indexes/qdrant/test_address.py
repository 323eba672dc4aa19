import pytest

from services.search.indexes.qdrant.address import Address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("qdrant://localhost", Address((("localhost", 6334),))),
        ("qdrant://10.0.0.5:7000/", Address((("10.0.0.5", 7000),))),
        ("qdrant://a,b:7000,[::1]:1", Address((("a", 6334), ("b", 7000), ("::1", 1)))),
        ("qdrant://host?tls=true", Address((("host", 6334),), tls=True)),
        ("qdrant://host?tls=false", Address((("host", 6334),))),
    ],
)
def test_a_url_names_nodes_and_how_to_talk_to_them(url: str, expected: Address) -> None:
    assert Address.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://host",
        "qdrant://",
        "qdrant://host/path",
        "qdrant://a,,b",
        "qdrant://:secret@host",
        "qdrant://host?x=1",
        "qdrant://host?tls=yes",
    ],
)
def test_another_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(the URL of the index has the form|a host is missing)") as refusal:
        Address.parse(url)
    assert "secret" not in str(refusal.value)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(Address.parse("qdrant://host", "secret"))
