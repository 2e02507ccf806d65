"""Does a model copy its training pictures? Each sample's nearest, in features or in pixels, flips included.

A copy is a sample whose nearest training picture is less than a third as far as the 50 nearest are on
average. The measure is Carlini et al.'s, arXiv:2301.13188, section 5: relative to the 50 nearest, so that
simple pictures, which are near many, are not all called copies. They take a half, on 50,000 photos. In pixels
that calls 0.6% of held-out Flowers copies, 1.1% of held-out clothes (Fashion), and 11% of these where the
training set has 200. A third calls 0.3%, 0.1% and 0.4%; the four of 1,449 Flowers are photos that the set
has twice.

Training pictures are found to be copies, mirrored too, saved as JPEG of quality 50 or with noise of 8 levels
of 255; 10% brighter, 97% or more. Moved by a pixel, 20% of Flowers and no clothes are, but in features of
EfficientNet-Lite0 57% and 47%, where noise hides copies instead. So take both spaces: of held-out pictures
that finds the same, 0.3% and 0.1%. The mean of two training pictures is no copy. Neither is a copy of what
the training set has nearly the same dozens of times: look for that with `data.duplicates` first.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Real
from scipy.stats import mannwhitneyu

from mezzotint.metrics.intervals import Interval, share
from mezzotint.metrics.neighbours import Nearest, blocks, nearest, nearest_within

COPY = 1 / 3  # of the mean distance to the nearest `NEIGHBOURS`
NEIGHBOURS = 50

Train = Real[np.ndarray, "train dimensions"]
Each = Float[np.ndarray, " count"]


class Views(NamedTuple):
    """Vectors of pictures, and of their mirror images."""

    upright: Real[np.ndarray, "count dimensions"]
    mirrored: Real[np.ndarray, "count dimensions"]


class Pair(NamedTuple):
    """The picture of a set that is nearest to each sample.

    Attributes:
        place: its own in the set.
        distance: how far away it is, float64.
        mirrored: whether it is that near to the sample's mirror image.
    """

    place: Int[np.ndarray, " count"]
    distance: Each
    mirrored: Bool[np.ndarray, " count"]


class Copies(NamedTuple):
    """Which samples are copies.

    Attributes:
        mask: each sample, whether it is one.
        share: of the samples.
        of_held_out: the share of held-out pictures that would be called copies: no model made these, so that
            they show what the set itself has twice, or nearly.
    """

    mask: Bool[np.ndarray, " count"]
    share: Interval
    of_held_out: Interval


@dataclass(frozen=True)
class Memorisation:
    """How near samples are to training pictures, in one space.

    Attributes:
        train: each sample's nearest training picture.
        held_out: each sample's nearest held-out picture.
        closeness: the distance to the former over the mean distance to the 50 nearest, 0 to 1.
        ratio: the distance to the former over that to the latter, 1 where neither set is the nearer: held-out
            pictures' median ratio, to training pictures over to others held out, is what the two sets'
            different sizes make of it, and divided by. Infinite for a sample that is a held-out picture.
        held_out_closeness: of held-out pictures as if they were samples.
        trend: standard errors by which samples are farther from training pictures than held-out ones are, by
            ranks; below -3 they copy, above 3 they are unlike real pictures. Meehan et al., arXiv:2004.05675,
            section 3: their test without cells.
    """

    train: Pair
    held_out: Pair
    closeness: Each
    ratio: Each
    held_out_closeness: Float[np.ndarray, " held_out"]
    trend: float


def pixels(pictures: Real[np.ndarray, "count height width channels"]) -> Views:
    """Pictures themselves as vectors, in whatever unit they have: of it depend distances alone."""
    return Views(
        *(each.reshape(len(each), math.prod(each.shape[1:])) for each in (pictures, pictures[:, :, ::-1]))
    )


def memorisation(samples: Views, train: Train, held_out: Views) -> Memorisation:
    """The nearest pictures of samples, in the space that the vectors are of.

    Args:
        samples: what a model made.
        train: what it was trained on; the mirror images are not needed.
        held_out: real pictures that it was not trained on.

    Raises:
        UserError: no training picture, or fewer than two held-out ones.
    """
    near, apart = _near(samples, train), nearest(samples.upright, held_out.upright, 1, samples.mirrored)
    real = _near(held_out, train)
    among = nearest_within(held_out.upright, 1, held_out.mirrored)
    size = np.median(_over(real.distance[:, 0], among.distance[:, 0]))
    return Memorisation(
        _pair(samples, train, near),
        _pair(samples, held_out.upright, apart),
        _closeness(near),
        _over(_over(near.distance[:, 0], apart.distance[:, 0]), size),
        _closeness(real),
        _trend(near.distance[:, 0], real.distance[:, 0]),
    )


def copies(*spaces: Memorisation) -> Copies:
    """The samples that are copies in any of the spaces, such as pixels and features of the same samples."""
    mask = np.logical_or.reduce([space.closeness < COPY for space in spaces])
    by_chance = np.logical_or.reduce([space.held_out_closeness < COPY for space in spaces])
    return Copies(mask, share(mask), share(by_chance))


def _near(views: Views, train: Train) -> Nearest:
    return nearest(views.upright, train, max(1, min(NEIGHBOURS, len(train))), views.mirrored)


def _closeness(near: Nearest) -> Each:
    """Carlini et al., arXiv:2301.13188, section 5; 0 for equal pictures, however often the set has them."""
    around = near.distance.mean(axis=1)
    return np.divide(near.distance[:, 0], around, out=np.zeros(len(around)), where=around > 0)


def _trend(samples: Each, held_out: Float[np.ndarray, " held_out"]) -> float:
    """The rank sum in standard errors: Mann & Whitney, Ann. Math. Statist. 18 (1947), 50."""
    n, m = len(samples), len(held_out)
    above = mannwhitneyu(samples, held_out).statistic - n * m / 2
    return float(above / np.sqrt(n * m * (n + m + 1) / 12))


def _over(first: Each, second: Each | np.floating) -> Each:
    """A ratio; 1 where both are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((first == 0) & (second == 0), 1.0, first / second)


def _pair(samples: Views, others: Real[np.ndarray, "other dimensions"], near: Nearest) -> Pair:
    index, mirrored = near.place[:, 0], np.zeros(len(near.place), bool)
    for rows in blocks(len(index)):
        there = others[index[rows]].astype(np.float64)
        upright, flipped = (np.square(view[rows] - there).sum(axis=1) for view in samples)
        mirrored[rows] = flipped < upright
    return Pair(index, near.distance[:, 0], mirrored)
