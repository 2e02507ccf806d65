"""The Frechet distance of two sets of features, each taken for a Gaussian: FID, with its extractor's name.

Heusel et al., arXiv:1706.08500, eq. 6; the distance is Dowson & Landau's, J. Multivar. Anal. 12 (1982), 450.
It is biased: with few pictures it is too large, by more the fewer they are.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import get_lapack_funcs

from mezzotint.errors import UserError
from mezzotint.metrics.intervals import Interval, jackknife

BLOCKS = 10  # of samples, each left out in turn

Square = Float[np.ndarray, "dimensions dimensions"]


class Gaussian(NamedTuple):
    """Mean and covariance of features, float64."""

    mean: Float[np.ndarray, " dimensions"]
    covariance: Square


def gaussian(features: Float[np.ndarray, "count dimensions"]) -> Gaussian:
    """Mean and unbiased covariance; a `UserError` for fewer than two pictures."""
    if len(features) < 2:
        raise UserError(f"a covariance needs at least 2 pictures, not {len(features)}")
    wide = np.asarray(features, np.float64)
    return Gaussian(wide.mean(axis=0), np.atleast_2d(np.cov(wide, rowvar=False)))


def frechet(first: Gaussian, second: Gaussian) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): Heusel et al., arXiv:1706.08500, eq. 6."""
    apart = np.sum((first.mean - second.mean) ** 2)
    spread = np.trace(first.covariance) + np.trace(second.covariance)
    return float(apart + spread - 2 * root_trace(first.covariance, second.covariance))


def frechet_with_interval(
    samples: Float[np.ndarray, "count dimensions"], real: Float[np.ndarray, "other_count dimensions"]
) -> Interval:
    """The distance, and the 95% interval that the choice of samples gives it.

    By the jackknife that leaves out a tenth of the samples at a time. It knows nothing of the bias.

    Raises:
        UserError: fewer than four samples, or fewer than two real pictures.
    """
    if len(samples) < 4:
        raise UserError(f"the interval of a distance takes at least 4 samples, not {len(samples)}")
    there = gaussian(real)
    blocks = np.array_split(np.arange(len(samples)), min(BLOCKS, len(samples) // 2))
    without = [frechet(gaussian(np.delete(samples, block, axis=0)), there) for block in blocks]
    return jackknife(frechet(gaussian(samples), there), np.array(without))


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
