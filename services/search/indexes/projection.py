"""The linear map from an embedding space into the one that an index compares vectors in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.search.ports import Matrix, Query, Vector
from shared.contracts.embedding import Metric, SpaceRef

_SHRINKAGE = 16
"""A mean is taken as if so many more vectors had been seen at the origin: a few images say little of the next one."""
_WHITENING = 1 / 8
"""Power of their variance that principal directions are divided by; 1/2 would make all of them vary alike."""
_LEAST_VARIANCE = 1e-4
"""Of the largest: directions in which a sample hardly varies are not blown up."""


@dataclass(frozen=True)
class Projection:
    """Removes the mean of a collection, then keeps the directions in which its vectors differ most.

    Cosine similarity of what the network sees is dominated by what all images of a collection share; with the mean
    removed, the differences count. In a cosine space projected vectors have length 1; the zero vector, which has no
    direction, is given that of the first axis.

    Attributes:
        metric: Of the space.
        dimensions: Length of the vectors that go in.
        mean: Is subtracted; shape (dimensions,). None: nothing is.
        components: Orthogonal rows, the first of length 1, no later one shorter; shape (d, dimensions). None: all
            directions are kept.
        learned_from: How many images the collection had when this was learned; 0 where nothing was.
    """

    metric: Metric
    dimensions: int
    mean: Vector | None = None
    components: Matrix | None = None
    learned_from: int = 0

    @classmethod
    def none(cls, space: SpaceRef) -> "Projection":
        """Make the one that leaves directions as they are."""
        return cls(space.metric, space.dimensions)

    @classmethod
    def learn(cls, space: SpaceRef, sample: Matrix, images: int, components: int | None) -> "Projection":
        """Learn the mean, and the `components` principal directions if they are asked for, from a sample of vectors.

        The principal directions are found by randomised singular value decomposition (Halko, Martinsson and Tropp,
        2011), with a fixed seed. Those in which vectors differ most count a little less than they would by themselves
        (attenuated whitening: Mukundan, Tolias, Bursuc, Jégou and Chum, 2019).

        Args:
            space: Of the vectors.
            sample: Shape (n, dimensions).
            images: How many images the collection has.
            components: How many directions are kept; None keeps all, and so does a sample that does not vary.
        """
        mean = (sample.sum(axis=0, dtype=np.float64) / (len(sample) + _SHRINKAGE)).astype(np.float32)
        if components is None or not np.ptp(sample, axis=0).any():
            return cls(space.metric, space.dimensions, mean, None, images)
        from sklearn.decomposition import PCA  # takes two seconds, for which no start waits

        found = PCA(components, svd_solver="randomized", iterated_power=2, random_state=0).fit(sample)
        variances = found.explained_variance_ / found.explained_variance_[0]
        weights = np.maximum(variances, _LEAST_VARIANCE) ** -_WHITENING
        directions = np.ascontiguousarray(found.components_ * weights[:, None], np.float32)
        return cls(space.metric, space.dimensions, mean, directions, images)

    @property
    def output_dimensions(self) -> int:
        """Length of the vectors that come out."""
        return self.dimensions if self.components is None else len(self.components)

    def apply(self, vectors: Matrix) -> Matrix:
        """Project vectors of shape (n, dimensions) to shape (n, output_dimensions)."""
        projected = vectors if self.mean is None else vectors - self.mean
        if self.components is not None:
            projected = projected @ self.components.T
        if self.metric == "cosine":
            lengths = np.linalg.norm(projected, axis=1, keepdims=True)
            projected = projected / np.where(lengths > 0, lengths, 1)
            projected[lengths[:, 0] == 0, 0] = 1
        return np.ascontiguousarray(projected, np.float32)

    def place(self, queries: Sequence[Query]) -> Matrix:
        """Give the vectors of queries, at least one, in the index's space; shape (b, output_dimensions)."""
        raw = [query.vector for query in queries if not query.blended]
        projected = iter(self.apply(np.stack(raw)) if raw else ())
        return np.stack([query.vector if query.blended else next(projected) for query in queries])
