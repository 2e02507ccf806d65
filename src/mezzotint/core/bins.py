"""8-bit pictures as bins: a value stands for everything within half a grey level of it.

How probable a picture is, is the mass that a density has in its bins. Bins are in normalised pixels, as
everything else is.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import log_ndtr
from jaxtyping import Array, Float

from mezzotint.arrays import Bytes, Images
from mezzotint.core.pixels import PixelStatistics, encode

GREY = 1 / 255  # a grey level, of pixels in [0, 1]


class Bins(NamedTuple):
    """The ends of each value's bin, normalised."""

    low: Images
    high: Images


def bins(pictures: Bytes, statistics: PixelStatistics) -> Bins:
    """The bins of 8-bit pictures: where one ends the next begins, to the last digit."""
    values = pictures.astype(statistics.mean.dtype)
    edge = lambda value: encode((value - 0.5) * GREY, statistics)  # noqa: E731
    return Bins(edge(values), edge(values + 1))


def opened(bins: Bins, pictures: Bytes) -> Bins:
    """The same bins with those of 0 and 255 open, for what is clipped before it is rounded."""
    low = jnp.where(pictures == 0, -jnp.inf, bins.low)
    return Bins(low, jnp.where(pictures == 255, jnp.inf, bins.high))


def log_mass(bins: Bins, mean: Images, std: Float[Array, "..."]) -> Images:
    """The log of the mass of N(mean, std^2) in each bin: Ho et al., arXiv:2006.11239, eq. 13."""
    low, high = (bins.low - mean) / std, (bins.high - mean) / std
    above = low > 0  # where the left tail of the mirrored normal keeps the digits
    low, high = jnp.where(above, -high, low), jnp.where(above, -low, high)
    return log_ndtr(high) + jnp.log1p(-jnp.exp(log_ndtr(low) - log_ndtr(high)))
