"""What of a description a newer one does not keep: whatever would break a client that was written for the older one.

What is added breaks nobody: endpoints, optional parameters, fields of answers, values of a list, refusals. Clients of
v1 read over what they do not know.
"""

from collections.abc import Iterator
from typing import Any

from tests.support.openapi.schemas import Schemas

Json = dict[str, Any]

_METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "trace"})


def breaks(old: Json, new: Json) -> list[str]:
    """Say what a client of `old` would find broken in `new`, each with the place; nothing, where `new` keeps all."""
    return list(_Comparison(old, new).of_paths())


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self._old = old
        self._new = new
        self._asked = Schemas(old, new, answered=False)
        self._answered = Schemas(old, new, answered=True)

    def of_paths(self) -> Iterator[str]:
        for path, operations in self._old["paths"].items():
            for method in _METHODS & operations.keys():
                where = f"{method.upper()} {path}"
                kept = self._new["paths"].get(path, {}).get(method)
                if kept is None:
                    yield f"{where}: is gone"
                else:
                    yield from self._of_operation(where, operations[method], kept)

    def _of_operation(self, where: str, old: Json, new: Json) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{where}: is no longer named {old.get('operationId')}; clients that were generated call it so"
        yield from self._of_parameters(where, old, new)
        yield from self._of_body(where, old.get("requestBody"), new.get("requestBody"))
        yield from self._of_answers(where, old["responses"], new["responses"])
        yield from self._of_security(where, old, new)

    def _of_parameters(self, where: str, old: Json, new: Json) -> Iterator[str]:
        known, kept = _by_name(old), _by_name(new)
        for name, parameter in known.items():
            place = f"{where}: {' '.join(name)}"
            if name not in kept:
                yield f"{place}: is gone"
                continue
            if kept[name].get("required") and not parameter.get("required"):
                yield f"{place}: is required now"
            yield from self._asked.breaks(place, parameter.get("schema", {}), kept[name].get("schema", {}))
        for name in kept.keys() - known.keys():
            if kept[name].get("required"):
                yield f"{where}: {' '.join(name)}: is new and required"

    def _of_body(self, where: str, old: Json | None, new: Json | None) -> Iterator[str]:
        place = f"{where}: body"
        if old is None:
            if new is not None and new.get("required"):
                yield f"{place}: is new and required"
        elif new is None:
            yield f"{place}: is gone"
        else:
            if new.get("required") and not old.get("required"):
                yield f"{place}: is required now"
            yield from self._of_content(place, old, new, self._asked)

    def _of_answers(self, where: str, old: Json, new: Json) -> Iterator[str]:
        for status, answer in old.items():
            place = f"{where}: {status}"
            if status in new:
                yield from self._of_content(place, answer, new[status], self._answered)
                for name in answer.get("headers", {}).keys() - new[status].get("headers", {}).keys():
                    yield f"{place}: the header {name} is gone"
            elif not status.startswith(("4", "5")):  # who is not refused any more is not broken
                yield f"{place}: is gone"

    def _of_content(self, where: str, old: Json, new: Json, schemas: Schemas) -> Iterator[str]:
        kept = new.get("content", {})
        for media_type, content in old.get("content", {}).items():
            if media_type not in kept:
                yield f"{where}: {media_type} is gone"
            else:
                yield from schemas.breaks(where, content.get("schema", {}), kept[media_type].get("schema", {}))

    def _of_security(self, where: str, old: Json, new: Json) -> Iterator[str]:
        ways = new.get("security", [{}]) or [{}]
        for way in old.get("security", [{}]) or [{}]:
            if not any(_opens(way, door) for door in ways):
                yield f"{where}: security: {_shown(way)} does not do any more"


def _by_name(operation: Json) -> dict[tuple[str, str], Json]:
    return {(parameter["in"], parameter["name"]): parameter for parameter in operation.get("parameters", [])}


def _opens(shown: dict[str, list[str]], wanted: dict[str, list[str]]) -> bool:
    """Tell whether who shows these schemes, with these scopes, is let in where others are wanted."""
    return all(scheme in shown and set(scopes) <= set(shown[scheme]) for scheme, scopes in wanted.items())


def _shown(way: dict[str, list[str]]) -> str:
    return " and ".join(f"{scheme} {scopes}" for scheme, scopes in way.items()) or "to show nothing"
