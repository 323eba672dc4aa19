"""A folder of pictures, in which the name of the folder that a picture lies in is its label."""

from pathlib import Path

from cli.evaluation.picture import Picture, of_file
from cli.failures import CommandFailed
from cli.ingest.scan import ImageFile, scan


def pictures(folder: Path) -> list[Picture]:
    """Give the pictures of a folder that have a label.

    Raises:
        CommandFailed: There is none.
    """
    found = [
        of_file(file.path, file.source, file.label)
        for file in scan(folder)
        if isinstance(file, ImageFile) and file.label is not None
    ]
    if not found:
        raise CommandFailed(
            f"{folder} holds no pictures with a label.", "Put the pictures of each label into a folder of its own."
        )
    return found
