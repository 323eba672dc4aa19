"""Our filters as Qdrant's."""

from uuid import UUID, uuid5

from qdrant_client import models

from services.search.indexes.qdrant import facts
from shared.contracts.filters import Equality, Filter, Range
from shared.contracts.metadata import MetadataValue

LABEL = "label"

_NAMESPACE = UUID("c3ac8b8e-4a0c-4a5c-9d0a-5f0b1c9d6f4e")


def point_id(image_id: str) -> str:
    """Give the id of an image's point: Qdrant takes nothing but numbers and UUIDs."""
    return str(uuid5(_NAMESPACE, image_id))


def condition(wanted: Filter | None) -> models.Filter:
    """Write a filter; an empty one admits everything."""
    must: list[models.Condition] = []
    must_not: list[models.Condition] = []
    if wanted is not None:
        if wanted.labels is not None:
            must.append(models.FieldCondition(key=LABEL, match=models.MatchAny(any=list(wanted.labels))))
        if wanted.ids is not None:
            must.append(_one_of(wanted.ids))
        if wanted.not_ids:
            must_not.append(_one_of(wanted.not_ids))
        for one in wanted.metadata:
            must += _within(one) if isinstance(one, Range) else [_equal(one)]
    return models.Filter(must=must, must_not=must_not)


def _one_of(ids: tuple[str, ...]) -> models.Condition:
    return models.HasIdCondition(has_id=[point_id(key) for key in ids])


def _equal(wanted: Equality) -> models.Condition:
    return _has_one_of(sorted({facts.token(wanted.key, value) for value in wanted.any_of}))


def _within(wanted: Range) -> list[models.Condition]:
    return [_bounded(wanted.key, name, bound) for name, bound in wanted.bounds.items()]


def _bounded(key: str, name: str, bound: MetadataValue) -> models.Condition:
    side = name[:2]
    digits = facts.digits(bound)
    first = _digit(facts.FIRST, facts.prefix(key, bound, 0), **{side: digits[0]})
    options: list[models.Condition] = [first]
    if len(digits) > 1:
        same = _digit(facts.FIRST, facts.prefix(key, bound, 0), gte=digits[0], lte=digits[0])
        further: list[models.Condition] = [
            _digit(facts.FURTHER, facts.prefix(key, bound, place), **{side: digits[place]})
            for place in range(1, len(digits))
        ]
        options.append(models.Filter(must=[same], should=further))
    if name.endswith("e"):
        options.append(_has_one_of([facts.token(key, bound)]))
    return models.Filter(should=options)


def _has_one_of(tokens: list[str]) -> models.Condition:
    return models.FieldCondition(key=facts.TOKENS, match=models.MatchAny(any=tokens))


def _digit(field: str, prefix: str, **bounds: float) -> models.Condition:
    this = models.FieldCondition(key=facts.PREFIX, match=models.MatchValue(value=prefix))
    within = models.FieldCondition(key=facts.DIGIT, range=models.Range(**bounds))
    return models.NestedCondition(nested=models.Nested(key=field, filter=models.Filter(must=[this, within])))
