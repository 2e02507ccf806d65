"""What an 8-bit picture takes in nats, at most, under the model that sampling draws from.

The model is stated in full: z ~ N(0, I) at t = 1 follows the probability-flow ODE to t = 0; the last denoise
gives an image estimate; noise of one fixed width is added, and the sum is clipped and rounded to 8 bits.
There is noise left at t = 0, so that many z_0 give a picture, and its probability is bounded by those that
the schedule itself leads to, from the picture with uniform noise of a grey level added:

    -log P(picture)  <=  E_q [ log q(z_0 | picture) - log p(z_0) - log P(picture | z_0) ]

as in Song et al., arXiv:2101.09258, whose last denoise is continuous where this one rounds. For y = x / alpha
at t = 0 and the ratio r = sigma / alpha there, q(y | picture) is the mass of N(y, r^2) in the picture's bins
over their width, and P(picture | z_0) the mass of N(image estimate, width^2) in them. Where r is far below a
grey level both masses are 1, and what is left is the uniformly dequantised density of arXiv:2011.13456.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from einops import reduce
from jaxtyping import Array, Float, Int

from mezzotint.arrays import Bytes, Images, Keys
from mezzotint.core.bins import GREY, Bins, bins, log_mass, opened
from mezzotint.core.pixels import PixelStatistics, scale
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule
from mezzotint.sampling.likelihood import log_density

WIDTHS = 2.0 ** np.arange(-5, 3.25, 0.25)  # of the last noise, in units of sigma / alpha at t = 0


class Lengths(NamedTuple):
    """The two parts of a picture's code, in nats.

    Attributes:
        noisy: log q(z_0 | picture) - log p(z_0), by each probe.
        last: -log P(picture | z_0), for each of WIDTHS.
    """

    noisy: Float[Array, "probes batch"]
    last: Float[Array, "widths batch"]


def lengths(
    denoise: Denoiser,
    schedule: Schedule,
    statistics: PixelStatistics,
    pictures: Bytes,
    keys: Keys,
    steps: Int[Array, ""],
    probes: int,
) -> Lengths:
    """One draw from q for each picture; see `log_density` for `steps` and `probes`."""
    place_key, noise_key, probe_keys = jax.vmap(lambda key: jax.random.split(key, 3), out_axes=1)(keys)
    now = schedule(0.0)
    length, ratio = jnp.hypot(*now), now.sigma / now.alpha
    own = bins(pictures, statistics)
    y = _dequantised(own, place_key) + ratio * _normal(noise_key, own.low.shape[1:])
    z = now.alpha / length * y
    density = log_density(denoise, schedule, z, probe_keys, steps, probes)  # of z, not yet of y
    per_grey = jnp.log(now.alpha / length) + jnp.log(GREY / scale(statistics))
    noisy = _total(log_mass(own, y, ratio) - per_grey) - density
    image = denoise(now.alpha * y, jnp.zeros(len(y), y.dtype)).image
    last = lambda width: -_total(log_mass(opened(own, pictures), image, width))  # noqa: E731
    return Lengths(noisy, jax.lax.map(last, ratio * jnp.asarray(WIDTHS, y.dtype)))


def _dequantised(bins: Bins, keys: Keys) -> Images:
    """A value somewhere in each bin, uniformly."""
    place = jax.vmap(lambda key: jax.random.uniform(key, bins.low.shape[1:]))(keys)
    return bins.low + place * (bins.high - bins.low)


def _normal(keys: Keys, shape: tuple[int, ...]) -> Images:
    return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)


def _total(each: Images) -> Float[Array, " batch"]:
    return reduce(each, "b h w c -> b", "sum")
