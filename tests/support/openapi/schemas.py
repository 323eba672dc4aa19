"""Whether a JSON Schema of a description keeps what an older one of the same thing says."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_NOTES = frozenset({"title", "description", "examples", "example", "deprecated", "discriminator", "$comment"})
"""Words that bind nobody."""
_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_THE_SAME = ("pattern", "format", "contentEncoding", "contentMediaType", "multipleOf", "uniqueItems")
"""Words that a schema may drop where clients are asked, and may add where they are answered; not change."""
_INSIDE = ("items", "additionalProperties", "propertyNames", "contentSchema")
_COMPARED = {"type", "enum", "const", "anyOf", "oneOf", "default", "properties", "required", "prefixItems"}
_KNOWN = _NOTES | {*_AT_LEAST, *_AT_MOST, *_THE_SAME, *_INSIDE, *_COMPARED}
_UNBOUNDED = float("inf")


class Schemas:
    """Compares schemas of two descriptions.

    What clients are asked may become wider: all that they sent must be taken. What they are answered may become
    narrower, for they can read all that there was. In both, names and values that were there must stay.

    Args:
        old: The description that has been promised.
        new: The one that is to take its place.
        answered: Whether the schemas are those of answers.
    """

    def __init__(self, old: Json, new: Json, *, answered: bool) -> None:
        self._old = old
        self._new = new
        self._answered = answered
        self._under_way: set[tuple[str, str]] = set()

    def breaks(self, where: str, old: Any, new: Any) -> Iterator[str]:
        """Say what of `old` is not kept by `new`; a schema may be a boolean."""
        both = str(old), str(new)
        if both in self._under_way:  # schemas may contain themselves
            return
        self._under_way.add(both)
        try:
            yield from self._compared(where, old, new)
        finally:
            self._under_way.discard(both)

    def _compared(self, where: str, old: Any, new: Any) -> Iterator[str]:
        ours, theirs = _variants(self._old, old), _variants(self._new, new)
        if not self._answered and (was := _default(old)) != (now := _default(new)):
            yield f"{where}: is {now!r} where nothing is said, and was {was!r}"
        # Of what was asked each way must be taken; of what is answered each must have been there.
        wanted, offered = (theirs, ours) if self._answered else (ours, theirs)
        for variant in wanted:
            attempts = [
                list(self._of_variants(where, *((other, variant) if self._answered else (variant, other))))
                for other in offered
            ]
            if all(attempts):
                yield from min(attempts, key=len, default=[f"{where}: nothing is taken there any more"])
        yield from self._lost_values(where, ours, theirs)

    def _of_variants(self, where: str, old: Json, new: Json) -> Iterator[str]:
        unknown = (old.keys() | new.keys()) - _KNOWN
        for word in sorted(word for word in unknown if old.get(word) != new.get(word)):
            yield f"{where}: {word} has changed, and what that means is for people to say"
        wide, narrow = (old, new) if self._answered else (new, old)
        if not _fits(narrow.get("type"), wide.get("type")):
            yield f"{where}: is {_kind(new)}, and was {_kind(old)}"
            return
        yield from self._bounds(where, wide, narrow)
        yield from self._fields(where, old, new)
        yield from self._inside(where, old, new)

    def _bounds(self, where: str, wide: Json, narrow: Json) -> Iterator[str]:
        for word in _AT_LEAST:
            if wide.get(word, -_UNBOUNDED) > narrow.get(word, -_UNBOUNDED):
                yield self._changed(where, word, wide, narrow)
        for word in _AT_MOST:
            if wide.get(word, _UNBOUNDED) < narrow.get(word, _UNBOUNDED):
                yield self._changed(where, word, wide, narrow)
        for word in _THE_SAME:
            if word in wide and wide[word] != narrow.get(word):
                yield self._changed(where, word, wide, narrow)
        if _values(wide) is not None and _values(narrow) is None:
            yield f"{where}: {'any value is answered' if self._answered else 'only some values are taken'} now"

    def _changed(self, where: str, word: str, wide: Json, narrow: Json) -> str:
        old, new = (wide, narrow) if self._answered else (narrow, wide)
        return f"{where}: {word} is {new.get(word)!r}, and was {old.get(word)!r}"

    def _fields(self, where: str, old: Json, new: Json) -> Iterator[str]:
        known, kept = old.get("properties", {}), new.get("properties", {})
        for name, field in known.items():
            if name in kept:
                yield from self.breaks(f"{where}.{name}", field, kept[name])
            else:
                yield f"{where}.{name}: is gone"
        wide, narrow = (old, new) if self._answered else (new, old)
        for name in sorted(set(wide.get("required", ())) - set(narrow.get("required", ()))):
            if not self._answered or name in kept:  # else it is gone, which is said already
                yield f"{where}.{name}: {'may be missing' if self._answered else 'is required'} now"

    def _inside(self, where: str, old: Json, new: Json) -> Iterator[str]:
        for word in _INSIDE:
            known, kept = old.get(word, True), new.get(word, True)
            # An answer may have new fields, whatever is said of those that nobody knows.
            if known == kept or (self._answered and word == "additionalProperties" and known is False):
                continue
            yield from self.breaks(f"{where}[{word}]", known, kept)
        known, kept = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(known) != len(kept):
            yield f"{where}: has {len(kept)} items, and had {len(known)}"
        for number, (item, other) in enumerate(zip(known, kept, strict=False)):
            yield from self.breaks(f"{where}[{number}]", item, other)

    def _lost_values(self, where: str, old: list[Json], new: list[Json]) -> Iterator[str]:
        if all(_values(variant) is None for variant in new) and not self._answered:
            return  # any value is taken
        kept = {value for variant in new for value in _values(variant) or ()}
        lost = {value for variant in old for value in _values(variant) or ()} - kept
        for value in sorted(lost):
            yield f"{where}: the value {value} is gone"


def _default(schema: Any) -> Any:
    return schema.get("default") if isinstance(schema, dict) else None


def _variants(document: Json, schema: Any) -> list[Json]:
    """Give the schemas of which a value has to meet one: references are followed, and alternatives laid out."""
    if schema is True:
        return [{}]
    if schema is False:
        return []
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _variants(document, found)
    if choices := schema.get("anyOf", schema.get("oneOf")):
        return [variant for choice in choices for variant in _variants(document, choice)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def _fits(narrow: str | None, wide: str | None) -> bool:
    return wide is None or narrow == wide or (narrow, wide) == ("integer", "number")


def _kind(schema: Json) -> str:
    return str(schema.get("type", "anything"))


def _values(schema: Json) -> list[str] | None:
    """Give the only values that there are; None where there are others."""
    if "const" in schema:
        return [repr(schema["const"])]
    return None if "enum" not in schema else [repr(value) for value in schema["enum"]]
