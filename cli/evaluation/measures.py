"""The measures of a ranking, each as one number a query: their mean over the queries is what is told.

Relevant is a picture of the query's label. A query for which the gallery has none counts as one that found
nothing in hit@k and vote@k, and is left out (NaN) of all others, for every ranking would be as good.

* hit@k: 1 where one of the first k is relevant. hit@1 is the accuracy of the nearest neighbour.
* vote@k: 1 where most of the first k have the query's label; of equally frequent labels the nearest one counts.
* precision@k, recall@k: the relevant among the first k, as a share of k and of all that are relevant.
* AP: the mean, over all relevant pictures, of the precision at each one's rank. Its mean over the queries is the mAP.
* AP@k: the same of the first k, as a share of what could be among them: min(k, relevant).
* NDCG@k: the sum of 1 / log2(rank + 1) over the relevant among the first k, as a share of the largest possible one.
* RR: 1 / rank of the first relevant picture; its mean over the queries is the MRR.
"""

import numpy as np
from numpy.typing import NDArray

from cli.evaluation.relevance import Relevance

Values = NDArray[np.float64]

HITS = (1, 5, 10)
PRECISIONS = (5, 10)
RECALLS = (10, 100)
VOTE = 5
CUT = 10
"""Of AP@k and NDCG@k."""


def measure(relevance: Relevance) -> dict[str, Values]:
    """Compute every measure that the ranking is deep enough for; each of shape (queries,)."""
    hits = relevance.hits
    depth = hits.shape[1]
    values = {f"hit@{k}": hits[:, :k].any(axis=1).astype(float) for k in HITS if k <= depth}
    if depth >= VOTE:
        values[f"vote@{VOTE}"] = (vote(relevance.found, VOTE) == relevance.wanted).astype(float)
    some = relevance.relevant > 0
    ranked = {f"precision@{k}": hits[:, :k].mean(axis=1) for k in PRECISIONS if k <= depth}
    counts = np.maximum(relevance.relevant, 1)
    ranked |= {f"recall@{k}": hits[:, :k].sum(axis=1) / counts for k in RECALLS if k <= depth}
    if depth >= CUT:
        ranked[f"AP@{CUT}"] = average_precision(hits[:, :CUT], np.minimum(counts, CUT))
        ranked[f"NDCG@{CUT}"] = ndcg(hits[:, :CUT], counts)
    if relevance.whole:
        ranked["AP"] = average_precision(hits, counts)
        ranked["RR"] = reciprocal_rank(hits)
    return values | {name: np.where(some, value, np.nan) for name, value in ranked.items()}


def vote(found: NDArray[np.int32], k: int) -> NDArray[np.int32]:
    """Give the label that most of the first k have; of equally frequent ones that which is nearest."""
    first = found[:, :k]
    votes = (first[:, :, None] == first[:, None, :]).sum(axis=2)
    winners: NDArray[np.int32] = first[np.arange(len(first)), votes.argmax(axis=1)]
    return winners


def average_precision(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> Values:
    """Sum the precision at the rank of each hit, as a share of how many hits there could be."""
    ranks = np.arange(1, hits.shape[1] + 1)
    precision: Values = np.where(hits, hits.cumsum(axis=1) / ranks, 0).sum(axis=1) / relevant
    return precision


def ndcg(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> Values:
    """Compare the discounted gain of the hits with that of the best order; a hit gains 1."""
    discounts = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = discounts.cumsum()[np.minimum(relevant, hits.shape[1]) - 1]
    gain: Values = (hits * discounts).sum(axis=1) / best
    return gain


def reciprocal_rank(hits: NDArray[np.bool_]) -> Values:
    """Give 1 / rank of the first hit; 0 where there is none."""
    first: Values = np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0)
    return first


def precision_at_recall(relevance: Relevance, levels: int = 101) -> Values:
    """Average, over the queries, the best precision at this recall or a higher one, for recalls from 0 to 1.

    Returns:
        (levels,) float64; the ranking has to be whole.
    """
    total, count = np.zeros(levels), 0
    recalls = np.linspace(0, 1, levels)
    for hits, relevant in zip(relevance.hits, relevance.relevant, strict=True):
        if not relevant:
            continue
        ranks = np.flatnonzero(hits) + 1
        precision = np.arange(1, relevant + 1) / ranks
        best = np.maximum.accumulate(precision[::-1])[::-1]
        needed = np.maximum(np.ceil(recalls * relevant - 1e-9).astype(int), 1)
        total += best[needed - 1]
        count += 1
    return total / max(count, 1)
