"""Whether quality has fallen since a baseline was written down."""

from collections.abc import Mapping

import numpy as np

from cli.evaluation.evaluation import Saved
from cli.evaluation.pairing import Difference, compare
from cli.failures import CommandFailed


def differences(first: Saved, second: Saved) -> Mapping[str, Difference]:
    """Compare two evaluations, query by query.

    Raises:
        CommandFailed: They are of other tasks.
    """
    if first.task != second.task:
        raise CommandFailed(
            f"{first.setup} and {second.setup} were evaluated with other queries, galleries or protocols.",
            "Only the same task can be compared.",
        )
    place_of = {name: place for place, name in enumerate(first.queries)}
    order = np.array([place_of[name] for name in second.queries])
    return {
        name: compare(first.values[name][order], values)
        for name, values in second.values.items()
        if name in first.values
    }


def require_no_fall(found: Mapping[str, Difference]) -> None:
    """Let through what is as good as before, or better, or too little worse to be more than chance.

    Raises:
        CommandFailed: A measure is significantly worse.
    """
    fallen = [
        f"{name} from {100 * one.first:.2f} to {100 * one.second:.2f} (p = {one.p:.2g})"
        for name, one in found.items()
        if one.fell
    ]
    if fallen:
        raise CommandFailed(f"Quality has fallen: {'; '.join(fallen)}.", "If that is meant, make the baseline again.")
