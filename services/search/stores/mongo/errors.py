"""The driver's errors in the words of the port."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ConnectionFailure,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from services.search.ports import StoreUnusable
from shared.errors import LimitReached, LookalikeError, TryAgain, UpstreamTimeout, UpstreamUnavailable

_FULL = frozenset({12501, 14031})
"""QuotaExceeded, OutOfDiskSpace."""
_NOT_ADMITTED = frozenset({11, 13, 18, 8000})
"""UserNotFound, Unauthorized, AuthenticationFailed, and what Atlas says instead."""
_MAY_HEAL = frozenset({6, 7, 24, 46, 64, 89, 91, 100, 112, 189, 202, 262, 11600, 11602})
"""Hosts that do not answer, locks, writes that met each other or too few members, elections, shutdowns."""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Translate what the driver raises.

    Raises:
        UpstreamUnavailable: No server takes the command.
        UpstreamTimeout: The server took too long.
        LimitReached: Its disk is full.
        TryAgain: It is busy or changes its role.
    """
    try:
        yield
    except TimeoutError as error:
        raise UpstreamTimeout("The database did not answer in time.") from error
    except PyMongoError as error:
        if (translated := _translated(error)) is None:
            raise
        raise translated from error


@contextmanager
def unusable_where_nothing_helps() -> Iterator[None]:
    """Tell apart, while the store is opened, what a person has to mend.

    Raises:
        StoreUnusable: The server does not admit us, or the options in the URL contradict what it is.
    """
    try:
        yield
    except OperationFailure as error:
        if error.code in _NOT_ADMITTED:
            raise StoreUnusable(
                "MongoDB refuses the user or the password, or does not let the user into the database. "
                "Check STORE_URL; where the user is defined in another database it needs ?authSource=NAME."
            ) from error
        raise
    except ConfigurationError as error:
        raise StoreUnusable("MongoDB is not what the options in STORE_URL say.") from error


def _translated(error: PyMongoError) -> LookalikeError | None:
    match error:
        case ServerSelectionTimeoutError() if not _is_slow(error):
            return UpstreamUnavailable("The database cannot be reached.")
        case _ if error.timeout:
            return UpstreamTimeout("The database did not answer in time.")
        case AutoReconnect() | ConnectionFailure():
            return UpstreamUnavailable("The connection to the database broke.")
        case OperationFailure() if error.code in _FULL:
            return LimitReached("The store is full: the database has no space left on its disk.")
        case OperationFailure() if error.code in _MAY_HEAL:
            return TryAgain("The database cannot take the command at the moment.")
        case _:
            return None


def _is_slow(error: ServerSelectionTimeoutError) -> bool:
    # A server that takes connections and then says nothing is slow, not gone. The error tells only in its text.
    return NetworkTimeout.__name__ in str(error)
