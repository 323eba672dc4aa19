"""Pictures that the program draws itself, so that the first search needs no download."""

from cli.gallery.gallery import KINDS, Written, draw, write

__all__ = ["KINDS", "Written", "draw", "write"]
