"""Whether a vector belongs to a collection."""

from shared.contracts.embedding import RecipeName, SpaceRef
from shared.errors import EmbeddingSpaceMismatch


def require_space(collection: str, there: SpaceRef, space: SpaceRef) -> None:
    """Refuse a vector of another space than the collection's.

    Raises:
        EmbeddingSpaceMismatch: It is one.
    """
    if there != space:
        raise EmbeddingSpaceMismatch(
            f"The collection {collection} holds vectors of the space {there.fingerprint}, "
            f"this one is of {space.fingerprint}."
        )


def require_recipe(collection: str, there: RecipeName | None, recipe: RecipeName | None) -> None:
    """Refuse the first vector of a collection where it is known to be of another recipe than the collection's.

    Raises:
        EmbeddingSpaceMismatch: It is.
    """
    if there is not None and recipe is not None and there != recipe:
        raise EmbeddingSpaceMismatch(
            f"The collection {collection} was made for the recipe {there}, this vector is of {recipe}."
        )
