"""Pictures that are nearly the same: re-encoded, resized, brighter or darker, mirrored, or shot twice.

Two looks at each picture. The first is a hash of 64 bits that is the same, or nearly, for pictures that
look alike: the difference hash (Neal Krawetz, "Kind of Like That", The Hacker Factor Blog, 2013), one
bit for each pair of neighbours in a grey reduction to 9x8: is the right one brighter? Pictures that
differ in few bits are found without comparing all with all: the bits are cut into one band more than
may differ, so that at least one band is the same in both (the pigeonhole principle).

Few bits say little where pictures are simple (a silhouette on black), so each pair found must also
agree in the second look: the slopes between neighbours in a grey reduction to 16x16, as a correlation.
Measured on Oxford Flowers 102 at 64 px, with the defaults: halved in size, 90% are found; re-encoded
(JPEG quality 30), 99%; brighter by 30%, 95%; cropped by a pixel on each side, almost none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

BITS = 64
SIDE = 16  # of the second look
FLAT = 8  # levels of 255: pictures with less contrast all look the same
DISTANCE, LIKENESS = 5, 0.97
MAX_DISTANCE = 8
MAX_PAIRS = 200_000
COMPARED = 2**22  # hashes compared at once
CONFIRMED = 2**12  # pairs confirmed at once

Pairs = np.ndarray  # int64 (pairs, 2)


class Match(NamedTuple):
    """Two pictures that are nearly the same.

    Attributes:
        first: a position among the looks.
        second: a later one.
        distance: how many of the 64 bits differ.
        likeness: how well the slopes agree, at most 1.
        mirrored: whether one is the other's mirror image.
    """

    first: int
    second: int
    distance: int
    likeness: float
    mirrored: bool


@dataclass(frozen=True)
class Looks:
    """What is kept of each picture: 272 bytes.

    Attributes:
        hashes: uint64 (N, 2), of the picture and of its mirror image.
        grey: uint8 (N, 16, 16).
    """

    hashes: np.ndarray
    grey: np.ndarray

    @classmethod
    def room(cls, count: int) -> "Looks":
        """Room for the looks of `count` pictures."""
        return cls(np.zeros((count, 2), np.uint64), np.zeros((count, SIDE, SIDE), np.uint8))

    def take(self, position: int, picture: Image.Image) -> None:
        """Look at a whole, upright picture of mode L or RGB."""
        grey = picture.convert("L")
        small = np.asarray(grey.resize((9, 8), Image.Resampling.BOX))
        self.hashes[position] = difference_hash(small), difference_hash(small[:, ::-1])
        self.grey[position] = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX))

    def at(self, positions: Sequence[int]) -> "Looks":
        """The looks at some positions."""
        rows = np.asarray(positions, np.int64)
        return Looks(self.hashes[rows], self.grey[rows])

    @property
    def flat(self) -> np.ndarray:
        """Which pictures are nearly of one grey, so that nothing tells them apart: bool (N,)."""
        return np.ptp(self.grey, axis=(1, 2)) < FLAT


def difference_hash(grey: np.ndarray) -> np.uint64:
    """Whether each pixel of uint8 (8, 9) is darker than its right neighbour, row by row."""
    return np.packbits(grey[:, 1:] > grey[:, :-1]).view(np.uint64)[0]


def near(looks: Looks, distance: int = DISTANCE, likeness: float = LIKENESS) -> list[Match]:
    """The pairs that are nearly the same, flat pictures left out, the most alike first.

    Args:
        looks: at the pictures.
        distance: how many of the 64 bits may differ, 0 to 8.
        likeness: how well the slopes must agree, -1 to 1.

    Returns:
        At most `MAX_PAIRS`: where there are more, the search stops there.
    """
    there = np.flatnonzero(~looks.flat)
    grey = looks.grey[there]
    doubled = np.concatenate([looks.hashes[there, 0], looks.hashes[there, 1]])  # upright, then mirrored
    found: dict[tuple[int, int], Match] = {}
    for pairs in _close(doubled, distance):
        pairs = pairs[(pairs[:, 0] < len(there)) & (pairs[:, 1] % len(there) != pairs[:, 0])]
        agreed = _likeness(grey, pairs)
        kept = agreed >= likeness
        for (first, second), slopes in zip(pairs[kept].tolist(), agreed[kept].tolist(), strict=True):
            match = _match(there, doubled, first, second, slopes)
            known = found.get(match[:2])
            found[match[:2]] = match if known is None or _farness(match) < _farness(known) else known
        if len(found) >= MAX_PAIRS:
            break
    return sorted(found.values(), key=_farness)[:MAX_PAIRS]


def _match(there: np.ndarray, doubled: np.ndarray, first: int, second: int, likeness: float) -> Match:
    """A pair of places among the doubled hashes -> positions among the looks."""
    bits = int(np.bitwise_count(doubled[first] ^ doubled[second]))
    mirrored, other = divmod(second, len(there))
    low, high = sorted((int(there[first]), int(there[other])))
    return Match(low, high, bits, likeness, bool(mirrored))


def components(links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """What hangs together: the groups that links between positions make, each sorted, in order."""
    leader: dict[int, int] = {}

    def lead(position: int) -> int:
        while (above := leader.setdefault(position, position)) != position:
            leader[position] = position = leader[above]
        return position

    for first, second in links:
        low, high = sorted((lead(first), lead(second)))
        leader[high] = low
    groups: dict[int, list[int]] = {}
    for position in sorted(leader):
        groups.setdefault(lead(position), []).append(position)
    return list(groups.values())


def _farness(match: Match) -> tuple[float, int, bool, int, int]:
    return -match.likeness, match.distance, match.mirrored, match.first, match.second


def _close(hashes: np.ndarray, distance: int) -> Iterator[Pairs]:
    """Pairs of positions, the lower first, whose hashes differ in few bits; each pair once."""
    masks = _bands(distance + 1)
    for band, mask in enumerate(masks):
        keys = hashes & mask
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]])) if len(order) else order
        for members in np.split(order, starts[1:]):
            if len(members) > 1:
                yield from _compared(hashes, members, distance, masks[:band])


def _bands(count: int) -> list[np.uint64]:
    """The 64 bits cut into bands."""
    cuts = [BITS * cut // count for cut in range(count + 1)]
    return [np.uint64((1 << high) - (1 << low)) for low, high in zip(cuts, cuts[1:], strict=False)]


def _compared(
    hashes: np.ndarray, members: np.ndarray, distance: int, before: Sequence[np.uint64]
) -> Iterator[Pairs]:
    """All with all, in blocks; pairs that share one of the bands before were found there."""
    rows = max(1, COMPARED // len(members))
    for start in range(0, len(members) - 1, rows):
        block, rest = members[start : start + rows], members[start:]
        differ = hashes[block, None] ^ hashes[rest]
        close = np.triu(np.bitwise_count(differ) <= distance, 1)
        for mask in before:
            close &= (differ & mask) != 0
        first, second = np.nonzero(close)
        for cut in range(0, len(first), CONFIRMED):
            part = slice(cut, cut + CONFIRMED)
            yield np.stack([block[first[part]], rest[second[part]]], axis=1)


def _likeness(grey: np.ndarray, pairs: Pairs) -> np.ndarray:
    """float32 (pairs,): how well slopes agree; a second place past the last means its mirror image."""
    mirrored, second = np.divmod(pairs[:, 1], max(1, len(grey)))
    others = grey[second]
    others[mirrored == 1] = others[mirrored == 1, :, ::-1]
    return np.einsum("ps,ps->p", _slopes(grey[pairs[:, 0]]), _slopes(others))


def _slopes(grey: np.ndarray) -> np.ndarray:
    """The differences between neighbours, downwards and to the right, as float32 vectors of length 1."""
    levels = grey.astype(np.float32)
    down, right = np.diff(levels, axis=1), np.diff(levels, axis=2)
    slopes = np.concatenate([part.reshape(len(levels), SIDE * (SIDE - 1)) for part in (down, right)], axis=1)
    return slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-6)
