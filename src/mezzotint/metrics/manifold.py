"""Are samples like real pictures, and are all kinds of real pictures among the samples?

A set of features stands for the region that balls about them fill, each as wide as its k-th nearest of the
set is far. Precision is the share of samples in the real region, recall the share of real pictures in the
samples'. Density counts the real balls that a sample is in, so that one outlier's wide ball matters little;
coverage is the share of real balls with a sample in them, so that balls about samples, which grow as these
get worse, are not needed.

All four depend on the number of pictures: compare only numbers of equally large sets.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from mezzotint.errors import UserError
from mezzotint.metrics.intervals import Interval, jackknife, share, wider
from mezzotint.metrics.neighbours import Nearest, blocks, nearest_within, squared_distances

IMPROVED = 3  # k of precision and recall, as published
COVERED = 5  # k of density and coverage, as published
PARTS = 10  # of each set, left out in turn
KEPT = 24  # neighbours, so that five are left without any tenth of the pictures
SLACK = 1 + 1e-9  # of squared radii: who is on a ball's edge is in it, whatever rounding says

Real = Float[np.ndarray, "real dimensions"]
Samples = Float[np.ndarray, "samples dimensions"]


class Manifold(NamedTuple):
    """How two sets overlap, with 95% intervals.

    The intervals are of repetitions with new pictures in both sets, by leaving out tenths of both; Wilson's,
    which takes the balls as given, holds only half of them, and counts where it is the wider. In simulations
    they held in 93% to 100% of repetitions.

    Attributes:
        precision: share of samples, 0 to 1.
        recall: share of real pictures, 0 to 1.
        density: 1 on average where both sets have one origin; it may be more.
        coverage: share of real pictures, 0 to 1.
    """

    precision: Interval
    recall: Interval
    density: Interval
    coverage: Interval


class Balls(NamedTuple):
    """Squared radii about the pictures of a set; -1, in which nothing is, about those left out."""

    narrow: Float[np.ndarray, " count"]
    wide: Float[np.ndarray, " count"]

    @property
    def there(self) -> Bool[np.ndarray, " count"]:
        """Which pictures are not left out."""
        return self.wide >= 0


class Overlap(NamedTuple):
    """What is counted, picture by picture; it means nothing for those left out.

    Attributes:
        real_balls: in how many of the wide real balls each sample is.
        realistic: whether each sample is in a narrow real ball.
        made: whether each real picture is in a sample's narrow ball.
        covered: whether each real picture's wide ball has a sample in it.
    """

    real_balls: Int[np.ndarray, " samples"]
    realistic: Bool[np.ndarray, " samples"]
    made: Bool[np.ndarray, " real"]
    covered: Bool[np.ndarray, " real"]


def manifold(real: Real, samples: Samples) -> Manifold:
    """Precision, recall, density and coverage.

    Kynkaanniemi et al., arXiv:1904.06991, eqs. 1 and 2, with k = 3; Naeem et al., arXiv:2002.09797, eqs. 3
    and 4, with k = 5. Balls are closed, so that a set of copies is found to be like itself.

    Raises:
        UserError: fewer than ten pictures in a set.
    """
    of_real, of_samples = _balls(real), _balls(samples)
    whole, *less = _overlaps(real, samples, of_real, of_samples)
    parted = zip(
        *(_shares(*each) for each in zip(less, of_real[1:], of_samples[1:], strict=True)), strict=True
    )
    precision, recall, density, coverage = map(np.array, parted)
    return Manifold(
        _of_share(whole.realistic, precision),
        _of_share(whole.made, recall),
        jackknife(float(whole.real_balls.mean() / COVERED), density),
        _of_share(whole.covered, coverage),
    )


def _of_share(chosen: Bool[np.ndarray, " count"], without: Float[np.ndarray, " parts"]) -> Interval:
    plain = share(chosen)
    value, low, high = wider(plain, jackknife(plain.value, without))
    return Interval(value, max(0.0, low), min(1.0, high))


def _shares(found: Overlap, real: Balls, samples: Balls) -> tuple[float, float, float, float]:
    """Precision, recall, density and coverage of the pictures that are not left out."""
    return (
        found.realistic[samples.there].mean(),
        found.made[real.there].mean(),
        found.real_balls[samples.there].mean() / COVERED,
        found.covered[real.there].mean(),
    )


def _overlaps(real: Real, samples: Samples, of_real: list[Balls], of_samples: list[Balls]) -> list[Overlap]:
    """Who is in whose ball, for each choice of balls; the distance of each pair is made once."""
    found = [_nobody(len(real), len(samples)) for _ in of_real]
    for rows in blocks(len(samples)):
        for columns in blocks(len(real)):
            apart = squared_distances(samples[rows], real[columns])
            for each, of_x, of_y in zip(found, of_real, of_samples, strict=True):
                _count(each, apart, of_x, of_y, rows, columns)
    return found


def _nobody(real: int, samples: int) -> Overlap:
    no = lambda count: np.zeros(count, bool)  # noqa: E731
    return Overlap(np.zeros(samples, np.int64), no(samples), no(real), no(real))


def _count(
    found: Overlap,
    apart: Float[np.ndarray, "rows columns"],
    real: Balls,
    samples: Balls,
    rows: slice,
    columns: slice,
) -> None:
    """Adds a block of squared distances to what was found."""
    inside = apart <= real.wide[columns]
    found.real_balls[rows] += inside.sum(axis=1)
    found.covered[columns] |= inside[samples.there[rows]].any(axis=0)
    found.realistic[rows] |= (apart <= real.narrow[columns]).any(axis=1)
    found.made[columns] |= (apart <= samples.narrow[rows, None]).any(axis=0)


def _balls(vectors: Real) -> list[Balls]:
    """The balls of all pictures, then without each part; parts are drawn, lest copies share one."""
    if len(vectors) < PARTS:
        raise UserError(f"precision and coverage need {PARTS} pictures a set, and one has {len(vectors)}")
    near = nearest_within(vectors, min(KEPT, len(vectors) - 1))
    part = np.random.default_rng(0).permutation(len(vectors)) % PARTS
    return [_without(left_out, part, near) for left_out in range(-1, PARTS)]


def _without(left_out: int, part: Int[np.ndarray, " count"], near: Nearest) -> Balls:
    """The balls without the pictures of a part; -1 for no part."""
    gone = part[near.place] == left_out
    first = np.argsort(gone, axis=1, kind="stable")[:, :COVERED]
    squared = np.take_along_axis(near.distance, first, 1) ** 2 * SLACK
    squared[part == left_out] = -1
    return Balls(squared[:, IMPROVED - 1], squared[:, COVERED - 1])
