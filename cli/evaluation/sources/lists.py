"""Pictures that files list: one a line, its path below a folder and, after a tab, its label."""

from pathlib import Path

from cli.evaluation.picture import Picture, of_file
from cli.evaluation.task import Task, leave_one_out
from cli.failures import CommandFailed


def divide(folder: Path, gallery: Path, queries: Path) -> Task:
    """Take the gallery and the queries from a list each.

    Raises:
        CommandFailed: A list cannot be read, is empty, or names what is not there.
    """
    return Task(folder.name, "lists", pictures(folder, gallery), pictures(folder, queries))


def groups(folder: Path, listed: Path) -> Task:
    """Take groups of pictures that are nearly the same, by their label; each picture should find its group.

    Raises:
        CommandFailed: As for `divide`, or no group has two pictures.
    """
    return leave_one_out(folder.name, pictures(folder, listed), "groups")


def pictures(folder: Path, listed: Path) -> list[Picture]:
    """Read a list; the label of a line that has none is the name of the picture's folder.

    Raises:
        CommandFailed: As for `divide`.
    """
    try:
        lines = [line for line in listed.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"The list {listed} cannot be read.") from error
    found = [_picture(folder, *line.partition("\t")[::2], listed) for line in lines]
    if not found:
        raise CommandFailed(f"The list {listed} is empty.")
    return found


def _picture(folder: Path, name: str, label: str, listed: Path) -> Picture:
    path = folder / name.strip()
    if not path.is_file():
        raise CommandFailed(f"{listed} names {name.strip()}, which is not below {folder}.")
    return of_file(path, name.strip(), label.strip() or path.parent.name)
