"""The nearest of each vector, by Euclidean distance, however many vectors there are.

Distances are made block by block, so that memory stays flat in the number of pairs, and in float64 on the
host: |x - y|^2 = |x|^2 + |y|^2 - 2 x.y is one matrix product, and rounds to 1e-16 of the lengths.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Real

from mezzotint.errors import UserError

BLOCK = 512  # vectors of either set whose distances are in memory at once
ROUNDING = 1e-12  # of the squared lengths: vectors whose squared distance is less are equal

Vectors = Real[np.ndarray, "count dimensions"]
Others = Real[np.ndarray, "other_count dimensions"]
Squared = Float[np.ndarray, "count other_count"]


class Nearest(NamedTuple):
    """The nearest of each vector, the very nearest first.

    Attributes:
        place: theirs among the others.
        distance: how far away they are, float64.
    """

    place: Int[np.ndarray, "count nearest"]
    distance: Float[np.ndarray, "count nearest"]


def nearest(vectors: Vectors, others: Others, k: int, mirrored: Vectors | None = None) -> Nearest:
    """The `k` nearest others of each vector.

    Args:
        vectors: of pictures.
        others: of the pictures to look among.
        k: how many.
        mirrored: of the mirror images of the pictures: each other one is then as far as from the nearer.

    Raises:
        UserError: there are fewer than `k` others.
    """
    views = (vectors,) if mirrored is None else (vectors, mirrored)

    def squared(rows: slice, columns: slice) -> Squared:
        apart = [squared_distances(view[rows], others[columns]) for view in views]
        return np.minimum.reduce(apart)

    return _search(len(vectors), len(others), k, squared)


def nearest_within(vectors: Vectors, k: int, mirrored: Vectors | None = None) -> Nearest:
    """The `k` nearest of each vector in its own set, itself left out; see `nearest`."""
    if k >= len(vectors):
        raise UserError(f"{k} neighbours of a picture in its set need {k + 1} pictures, not {len(vectors)}")
    views = (vectors,) if mirrored is None else (vectors, mirrored)

    def squared(rows: slice, columns: slice) -> Squared:
        apart = np.minimum.reduce([squared_distances(view[rows], vectors[columns]) for view in views])
        places = np.arange(len(vectors))
        apart[places[rows, None] == places[columns]] = np.inf
        return apart

    return _search(len(vectors), len(vectors), k, squared)


def squared_distances(vectors: Vectors, others: Others) -> Squared:
    """|x - y|^2 of each pair; exactly 0 for equal vectors."""
    x, y = (np.asarray(each, np.float64) for each in (vectors, others))
    lengths = np.einsum("nd,nd->n", x, x)[:, None] + np.einsum("nd,nd->n", y, y)
    apart = lengths - 2 * x @ y.T
    return np.where(apart < ROUNDING * lengths, 0, apart)


def blocks(count: int) -> Iterator[slice]:
    """The places 0 to `count`, a block at a time."""
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def _search(count: int, among: int, k: int, squared: Callable[[slice, slice], Squared]) -> Nearest:
    if k > among:
        raise UserError(f"the {k} nearest cannot be found among {among} pictures: give more of them")
    index, distance = np.empty((count, k), np.int64), np.empty((count, k))
    for rows in blocks(count):
        best, places = np.empty((rows.stop - rows.start, 0)), np.empty((rows.stop - rows.start, 0), np.int64)
        for columns in blocks(among):
            best, places = _merged(best, places, squared(rows, columns), columns.start, k)
        order = np.lexsort((places, best))
        index[rows] = np.take_along_axis(places, order, 1)
        distance[rows] = np.sqrt(np.take_along_axis(best, order, 1))
    return Nearest(index, distance)


def _merged(
    best: Float[np.ndarray, "count kept"],
    places: Int[np.ndarray, "count kept"],
    block: Squared,
    start: int,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` smallest of those so far and of a block, in any order."""
    there = np.broadcast_to(start + np.arange(block.shape[1]), block.shape)
    candidates, found = np.concatenate([best, block], 1), np.concatenate([places, there], 1)
    if candidates.shape[1] <= k:
        return candidates, found
    kept = np.argpartition(candidates, k - 1, axis=1)[:, :k]
    return np.take_along_axis(candidates, kept, 1), np.take_along_axis(found, kept, 1)
