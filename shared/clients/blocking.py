"""The public API's client for programs that have no event loop.

There is one implementation, the asynchronous one; each of its methods runs on a loop in a thread beside the caller.
So nothing is written twice, generated or out of step, and type checkers see every method as it is, less the `await`.
"""

from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from functools import partial, wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from shared.clients.gateway import DEFAULT_URL, GatewayClient, opened

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def _blocking(
    method: Callable[Concatenate[GatewayClient, Parameters], Coroutine[Any, Any, Answer]],
) -> Callable[Concatenate["BlockingGatewayClient", Parameters], Answer]:
    @wraps(method)
    def call(self: "BlockingGatewayClient", /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        return self.call(partial(method, self.client, *args, **kwargs))

    return call


class BlockingGatewayClient:
    """Calls Lookalike as its users do, one call after the other; to be used in a `with` block.

    Methods, their errors and their deadlines are those of `GatewayClient`. Threads may share a client: then their calls
    are under way at the same time.

    Args:
        http: Knows the gateway's base URL. It is closed at the end of the block.
        deadline: Seconds that one call may take.
        api_key: Shown with every call, where the installation asks for one.
    """

    def __init__(self, http: httpx.AsyncClient, deadline: float = 60, api_key: str | None = None) -> None:
        self.client = GatewayClient(http, deadline, api_key)
        self._http = http
        self._open = ExitStack()
        self._portal: BlockingPortal | None = None

    @classmethod
    def at(cls, url: str = DEFAULT_URL, *, deadline: float = 60, api_key: str | None = None) -> Self:
        """Make a client of the gateway at an address."""
        return cls(opened(url), deadline, api_key)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._portal = opening.enter_context(start_blocking_portal())
            opening.enter_context(self._portal.wrap_async_context_manager(self._http))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._portal = None
        self._open.__exit__(kind, error, trace)

    def call(self, method: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Run a coroutine function on the client's loop, and wait for what it answers.

        Raises:
            RuntimeError: Outside of the `with` block.
        """
        if self._portal is None:
            raise RuntimeError("The client is used in a `with` block, which opens and closes it.")
        answer: Answer = self._portal.call(method)
        return answer

    ready = _blocking(GatewayClient.ready)
    stats = _blocking(GatewayClient.stats)

    search = _blocking(GatewayClient.search)
    search_by_examples = _blocking(GatewayClient.search_by_examples)
    search_by_id = _blocking(GatewayClient.search_by_id)
    search_by_url = _blocking(GatewayClient.search_by_url)
    search_by_vector = _blocking(GatewayClient.search_by_vector)
    similar = _blocking(GatewayClient.similar)
    heatmap = _blocking(GatewayClient.heatmap)

    add = _blocking(GatewayClient.add)
    add_batch = _blocking(GatewayClient.add_batch)
    add_from_url = _blocking(GatewayClient.add_from_url)
    put = _blocking(GatewayClient.put)
    known = _blocking(GatewayClient.known)
    image = _blocking(GatewayClient.image)
    images = _blocking(GatewayClient.images)
    changes = _blocking(GatewayClient.changes)
    labels = _blocking(GatewayClient.labels)
    content = _blocking(GatewayClient.content)
    thumbnail = _blocking(GatewayClient.thumbnail)
    patch = _blocking(GatewayClient.patch)
    delete = _blocking(GatewayClient.delete)
    delete_matching = _blocking(GatewayClient.delete_matching)

    duplicates = _blocking(GatewayClient.duplicates)
    decide = _blocking(GatewayClient.decide)
    decisions = _blocking(GatewayClient.decisions)
    revoke = _blocking(GatewayClient.revoke)

    collections = _blocking(GatewayClient.collections)
    collection = _blocking(GatewayClient.collection)
    create_collection = _blocking(GatewayClient.create_collection)
    describe_collection = _blocking(GatewayClient.describe_collection)
    delete_collection = _blocking(GatewayClient.delete_collection)
    aliases = _blocking(GatewayClient.aliases)
    put_alias = _blocking(GatewayClient.put_alias)
    delete_alias = _blocking(GatewayClient.delete_alias)
