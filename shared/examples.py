"""Examples of a query, looked at together."""

from collections.abc import Sequence

from shared.contracts.examples import MAX_EXAMPLES
from shared.errors import InvalidExamples


def check(weights: Sequence[float]) -> None:
    """Make sure that there is something to look for, and not too much.

    Raises:
        InvalidExamples: No weight is above zero, or there are more than `MAX_EXAMPLES`.
    """
    if len(weights) > MAX_EXAMPLES:
        raise InvalidExamples(f"At most {MAX_EXAMPLES} examples make a search, wherever they come from.")
    if not any(weight > 0 for weight in weights):
        raise InvalidExamples("Give at least one example a weight above zero: something has to be looked for.")
