import pytest

from cli.console import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße, 猫.jpg", "Grüße, 猫.jpg"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("two\nlines\r\t", "two\ufffdlines\ufffd\ufffd"),
        ("\u202eright to left", "\ufffdright to left"),
    ],
)
def test_what_would_steer_the_terminal_is_replaced(text: str, shown: str) -> None:
    assert printable(text) == shown
