"""Vectors that are kept from one evaluation to the next, by embedding space and by the bytes that they are of."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


class KeptVectors:
    """A folder of one embedding space; several evaluations may use it at once.

    Files are only ever added, whole, and damaged ones are passed over: what was lost is embedded again.

    Args:
        cache: Lookalike's cache.
        fingerprint: Of the embedding space.
    """

    def __init__(self, cache: Path, fingerprint: str) -> None:
        self._folder = cache / "vectors" / fingerprint

    def find(self, digests: Sequence[str]) -> dict[str, Vector]:
        """Give the vectors of those SHA-256 that are known."""
        wanted = {bytes.fromhex(digest): digest for digest in digests}
        found: dict[str, Vector] = {}
        for known, vectors in self._files(wanted.keys()):
            for place in np.flatnonzero([digest in wanted for digest in known]):
                found[wanted[known[place]]] = vectors[place]
        return found

    def keep(self, vectors: Mapping[str, Vector]) -> None:
        """Add vectors by the SHA-256 of what they are of."""
        if not vectors:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        digests = np.frombuffer(b"".join(map(bytes.fromhex, vectors)), np.uint8).reshape(len(vectors), 32)
        unfinished = self._folder / f".{uuid4().hex}.npz"
        np.savez(unfinished, digests=digests, vectors=np.stack(list(vectors.values())))
        unfinished.rename(self._folder / f"{uuid4().hex}.npz")

    def _files(self, wanted: Set[bytes]) -> Iterator[tuple[list[bytes], NDArray[np.float32]]]:
        for path in sorted(self._folder.glob("[!.]*.npz")):
            try:
                with path.open("rb") as opened, np.load(opened) as file:
                    known = [row.tobytes() for row in file["digests"]]
                    if not wanted.isdisjoint(known):
                        yield known, file["vectors"]
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                continue
