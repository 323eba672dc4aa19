"""Who calls, and what they may do."""

from dataclasses import dataclass

from shared.contracts.access import ApiKey, Scope
from shared.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a key, or whoever comes where no keys are asked for.

    Args:
        key: The key that was shown; None where nobody has to log in.
    """

    key: ApiKey | None

    def require_scope(self, scope: Scope) -> None:
        """Refuse what the key is not good for.

        Raises:
            Forbidden: Names the scope that is missing.
        """
        if self.key is not None and scope not in self.key.scopes and "admin" not in self.key.scopes:
            raise Forbidden(f"This key has not the scope `{scope}`.")

    def require_collection(self, name: str) -> None:
        """Refuse a collection that the key does not open.

        Raises:
            Forbidden: Names the collection.
        """
        if not self.may_see(name):
            raise Forbidden(f"This key does not open the collection {name[:63]}.")

    def require_all_collections(self) -> None:
        """Refuse to a key for some collections what concerns all of them.

        Raises:
            Forbidden: The key is limited to some.
        """
        if self.key is not None and self.key.collections is not None:
            raise Forbidden("This key opens some collections only, and this concerns all of them.")

    def may_see(self, collection: str) -> bool:
        """Tell whether the caller may know what is in a collection, and that there is one."""
        return self.key is None or self.key.collections is None or collection in self.key.collections


ANYONE = Caller(None)
"""Whoever comes, where nobody has to log in."""
