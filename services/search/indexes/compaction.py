"""Which layers are merged, and when: few enough that queries are fast, seldom enough that writes are cheap."""

from collections.abc import Collection, Sequence

from services.search.indexes.segment import Layer

_RATIO = 2
_DEAD_SHARE = 0.25
_DEAD_FLOOR = 64


def plan(layers: Sequence[Layer], busy: Collection[str] = ()) -> list[Layer]:
    """Choose layers that are to be merged into one; none where all is well.

    A layer is merged with all smaller ones once these together are half as large as it is; so the sizes grow at least
    by a factor, the number of layers is logarithmic, and a row is copied a logarithmic number of times (the tiers of a
    log-structured merge tree: O'Neil, Cheng, Gawlick and O'Neil, 1996). A layer of which a quarter is dead is written
    anew by itself.

    Args:
        layers: Of one state.
        busy: Names of segments that are being merged already.
    """
    free = sorted((layer for layer in layers if layer.segment.name not in busy), key=lambda layer: layer.count)
    together, smaller = 0, 0
    for number, layer in enumerate(free):
        if number and layer.count <= _RATIO * smaller:
            together = number + 1
        smaller += layer.count
    if together:
        return free[:together]
    for layer in free:
        dead = len(layer.dead) - layer.count
        if dead > max(_DEAD_FLOOR, _DEAD_SHARE * len(layer.dead)):
            return [layer]
    return []
