"""Ids in their order, page by page, from a server that orders by numbers alone.

An id is written as a sequence of digits, numbers of eight characters each, every digit in a field of its own. A page
begins behind an id: first come those ids that share all of its digits but the last, then those that share one less, and
so on. Where more ids share a digit than a page has room for, they are ordered by the next one.
"""

from collections.abc import Callable, Sequence

from qdrant_client import models

_CHARACTERS = "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""All that ids are made of, in their order."""
_A_DIGIT = 8
_BASE = len(_CHARACTERS) + 1
"""A character, or the end; eight of them stay below 2^53, so that they are exact in float64."""

Read = Callable[[models.Filter, str, int], Sequence[str]]
"""Reads so many ids that meet a filter, in the order of a field."""


def field(place: int) -> str:
    """Name the field of the digit at this place."""
    return f"order{place}"


def digits(image_id: str) -> list[int]:
    """Write an id as numbers; no id's are the beginning of another's."""
    return [_number(image_id[start : start + _A_DIGIT]) for start in range(0, len(image_id) + 1, _A_DIGIT)]


def page(read: Read, wanted: models.Filter, after: str, limit: int) -> list[str]:
    """Give the first ids of a filter that are larger than `after`.

    Args:
        read: Asks the server; of ids that are equal in the field it may give any.
        wanted: Which ids.
        after: Any text of the characters that ids are made of.
        limit: How many at most, at least 1.
    """
    passed = digits(after)
    found: list[str] = []
    for place in reversed(range(len(passed))):
        beyond = models.FieldCondition(key=field(place), range=models.Range(gt=passed[place]))
        found += _first(read, _all(wanted, *_same(passed[:place]), beyond), place, limit - len(found))
        if len(found) >= limit:
            break
    return found


def _first(read: Read, wanted: models.Filter, place: int, limit: int) -> list[str]:
    """Give the first ids of a filter, all of which are the same before this place."""
    found = sorted(read(wanted, field(place), limit + 1))
    if len(found) <= limit:
        return found
    # What shares the last digit may have been left out: others of them may come before those that were read.
    last = digits(found[-1])[: place + 1]
    whole = [key for key in found if digits(key)[: place + 1] != last]
    if len(whole) == limit:
        return whole
    same = models.FieldCondition(key=field(place), match=models.MatchValue(value=last[-1]))
    return whole + _first(read, _all(wanted, same), place + 1, limit - len(whole))


def _same(passed: Sequence[int]) -> list[models.Condition]:
    return [
        models.FieldCondition(key=field(place), match=models.MatchValue(value=digit))
        for place, digit in enumerate(passed)
    ]


def _all(wanted: models.Filter, *conditions: models.Condition) -> models.Filter:
    return models.Filter(must=[wanted, *conditions])


def _number(text: str) -> int:
    number = 0
    for place in range(_A_DIGIT):
        number = number * _BASE + (_CHARACTERS.index(text[place]) + 1 if place < len(text) else 0)
    return number
