"""Where output goes: results to standard output, messages and progress to standard error."""

from rich.console import Console
from rich.text import Text


def results() -> Console:
    """Open standard output; where it is no terminal, lines stay as long as they are."""
    return Console(highlight=False, soft_wrap=True)


def messages() -> Console:
    """Open standard error."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(sentence: str) -> None:
    """Print a message as it is."""
    messages().print(Text(sentence))


def printable(text: str) -> str:
    """Replace what would steer the terminal: labels and file names come from strangers."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
