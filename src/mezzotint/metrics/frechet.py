"""The Frechet distance of two sets of features, each taken for a Gaussian: FID, with its extractor's name.

Heusel et al., arXiv:1706.08500, eq. 6; the distance is Dowson & Landau's, J. Multivar. Anal. 12 (1982), 450.
It is biased: with few pictures it is too large, by more the fewer they are. Features are summed block by
block, so that memory stays flat in their number.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import get_lapack_funcs

from mezzotint.errors import UserError
from mezzotint.metrics.intervals import Interval, jackknife
from mezzotint.metrics.neighbours import blocks

PARTS = 10  # of samples, each left out in turn
SEED = 0  # of the draw of the parts

Square = Float[np.ndarray, "dimensions dimensions"]


class Gaussian(NamedTuple):
    """Mean and covariance of features, float64."""

    mean: Float[np.ndarray, " dimensions"]
    covariance: Square


class Sums(NamedTuple):
    """What a Gaussian is made of: sums over features from which a vector near their mean was taken.

    Attributes:
        number: of features.
        first: their sum.
        second: the sum of their outer products.
    """

    number: int
    first: Float[np.ndarray, " dimensions"]
    second: Square


def gaussian(features: Float[np.ndarray, "count dimensions"]) -> Gaussian:
    """Mean and unbiased covariance; a `UserError` for fewer than two pictures."""
    if len(features) < 2:
        raise UserError(f"a covariance needs at least 2 pictures, not {len(features)}")
    mean = features.mean(axis=0, dtype=np.float64)
    return of_sums(sums(features, mean), mean)


def sums(features: Float[np.ndarray, "count dimensions"], about: Float[np.ndarray, " dimensions"]) -> Sums:
    """The sums over features from which `about` is taken."""
    first, second = np.zeros_like(about), np.zeros((len(about), len(about)))
    for rows in blocks(len(features)):
        apart = features[rows] - about
        first += apart.sum(axis=0)
        second += apart.T @ apart
    return Sums(len(features), first, second)


def less(every: Sums, part: Sums) -> Sums:
    """The sums over the features that are not in the part."""
    return Sums(every.number - part.number, every.first - part.first, every.second - part.second)


def of_sums(found: Sums, about: Float[np.ndarray, " dimensions"]) -> Gaussian:
    """The Gaussian of features from which `about` was taken."""
    shift = found.first / found.number
    return Gaussian(about + shift, (found.second - np.outer(found.first, shift)) / (found.number - 1))


def frechet(first: Gaussian, second: Gaussian) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): Heusel et al., arXiv:1706.08500, eq. 6."""
    apart = np.sum((first.mean - second.mean) ** 2)
    spread = np.trace(first.covariance) + np.trace(second.covariance)
    return float(apart + spread - 2 * root_trace(first.covariance, second.covariance))


def frechet_with_interval(
    samples: Float[np.ndarray, "count dimensions"], real: Float[np.ndarray, "other_count dimensions"]
) -> Interval:
    """The distance, and the 95% interval that the choice of samples gives it.

    By the jackknife that leaves out a tenth of the samples at a time, drawn from all, because a folder may go
    class by class: their sums are taken from those of all. It knows nothing of the bias.

    Raises:
        UserError: fewer than four samples, or fewer than two real pictures.
    """
    if len(samples) < 4:
        raise UserError(f"the interval of a distance takes at least 4 samples, not {len(samples)}")
    there, mean = gaussian(real), samples.mean(axis=0, dtype=np.float64)
    every = sums(samples, mean)
    drawn = np.random.default_rng(SEED).permutation(len(samples))
    parts = (sums(samples[part], mean) for part in np.array_split(drawn, min(PARTS, len(samples) // 2)))
    without = [frechet(of_sums(less(every, part), mean), there) for part in parts]
    return jackknife(frechet(of_sums(every, mean), there), np.array(without))


def root_trace(first: Square, second: Square) -> float:
    """The trace of (C1 C2)^(1/2), exact for singular covariances as well.

    With C1 = A A^T and C2 = B B^T the product has the eigenvalues of M M^T, where M = A^T B, and zeros: the
    matrix is symmetric, and no larger than either rank.
    """
    product = factor(first).T @ factor(second)
    small = product if len(product) <= product.shape[1] else product.T
    return float(np.sqrt(np.maximum(np.linalg.eigvalsh(small @ small.T), 0)).sum())


def factor(covariance: Square) -> Float[np.ndarray, "dimensions rank"]:
    """A matrix that, times its transpose, is the covariance: Cholesky's, pivoted, up to the rank."""
    (cholesky,) = get_lapack_funcs(("pstrf",), (covariance,))
    lower, pivots, rank, _ = cholesky(covariance, lower=1)
    rows = np.empty((len(covariance), rank))
    rows[pivots - 1] = np.tril(lower)[:, :rank]
    return rows
