"""Examples of a query, looked at together."""

from collections.abc import Iterable

from shared.errors import InvalidExamples


def check(weights: Iterable[float]) -> None:
    """Make sure that there is something to look for.

    Raises:
        InvalidExamples: No weight is above zero.
    """
    if not any(weight > 0 for weight in weights):
        raise InvalidExamples("Give at least one example a weight above zero: something has to be looked for.")
