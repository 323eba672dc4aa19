"""A store whose calls are seen in traces."""

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, cast

from services.search.ports import ImageStore
from shared import tracing


class _Traced:
    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        return _with_span(name, attribute) if inspect.iscoroutinefunction(attribute) else attribute


def traced(store: ImageStore) -> ImageStore:
    """Make a span of each call of a store."""
    return cast("ImageStore", _Traced(store))


def _with_span(name: str, method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    @wraps(method)
    async def call(*arguments: Any, **named: Any) -> Any:
        with tracing.span(f"store {name}"):
            return await method(*arguments, **named)

    return call
