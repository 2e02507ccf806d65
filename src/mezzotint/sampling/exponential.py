"""The probability-flow ODE with its linear part solved exactly: what multistep methods integrate.

Between two times, with lambda = log(alpha / sigma), half the log-SNR,

    x_s = sigma_s / sigma_t x_t + alpha_s integral of exp(lambda - lambda_s) image dlambda
    x_s = alpha_s / alpha_t x_t - sigma_s integral of exp(lambda_s - lambda) noise dlambda

from lambda_t to lambda_s: Lu et al., arXiv:2211.01095, eq. 8, and arXiv:2206.00927, eq. 3.4. With an image,
or a noise, that stays as it is at t, both are DDIM. A multistep method puts the polynomial through estimates
of other times in its place, and so is DDIM and a correction: a weighted sum of their differences from the
one at t.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from mezzotint.arrays import Images
from mezzotint.core.prediction import Estimate
from mezzotint.core.schedule import Rates, log_snr
from mezzotint.sampling.history import History

GAUSS_POINTS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(8)  # exact for polynomials of degree 15

Weights = Float[Array, " depth"]


def log_ratio(rates: Rates) -> Array:
    """The papers' lambda, log(alpha / sigma), in nats."""
    return log_snr(rates) / 2


def advance(estimate: Estimate, start: Array, others: History, then: Rates) -> Images:
    """DDIM from an estimate made at lambda = start to the rates `then`, corrected by other images.

    Zhao et al., arXiv:2302.04867, eq. 3 and 8, for images: UniP with earlier ones, UniC where the one at
    the end is known as well.
    """
    weights = image_weights(others, start, log_ratio(then))
    image = estimate.image + total(weights, others.values - estimate.image)
    return then.alpha * image + then.sigma * estimate.noise


def image_weights(others: History, start: Array, end: Array) -> Weights:
    """The weight of each image's difference from the one at `start`.

    A single one has B(h) = 1 - exp(-h) times the line's height at half of the step, which is DPM-Solver++
    2M's weight and of the order of the integral. More have the integrals of their Lagrange polynomials,
    which solve UniPC's conditions whatever its B(h): arXiv:2302.04867, section 3.
    """
    single = -jnp.expm1(start - end) * midpoint(others, start, end)
    exact = integrals(lambda place: jnp.exp(place - end), others, start, end)
    return jnp.where(others.known == 1, single, exact)


def midpoint(others: History, start: Array, end: Array) -> Weights:
    """Height half way to `end` of the line that is 0 at `start` and 1 at the other place.

    Lu et al., arXiv:2211.01095, algorithm 2: h_i / (2 h_{i-1}), negative for an earlier place.
    """
    apart = jnp.where(others.usable, others.places - start, 1)
    return jnp.where(others.usable, (end - start) / (2 * apart), 0)


def integrals(factor: Callable[[Array], Array], others: History, start: Array, end: Array) -> Weights:
    """The integral from start to end of `factor` times the Lagrange polynomial of each other place.

    By Gauss-Legendre quadrature, which with a factor of exp(lambda) is within 1e-9 of the integral for
    steps of up to 5 nats.
    """
    half = (end - start) / 2
    at = (start + end) / 2 + half * jnp.asarray(GAUSS_POINTS, start.dtype)
    shares = half * jnp.asarray(GAUSS_WEIGHTS, start.dtype) * factor(at)
    places, usable = jnp.append(start, others.places), jnp.append(True, others.usable)
    return shares @ lagrange(places, usable, at)[:, 1:]


def lagrange(
    places: Float[Array, " places"], usable: Bool[Array, " places"], at: Float[Array, " points"]
) -> Float[Array, "points places"]:
    """For each usable place the polynomial that is 1 there and 0 at the others; 0 for the rest."""
    pairs = usable[:, None] & usable & ~jnp.eye(len(places), dtype=bool)
    gaps = jnp.where(pairs, places[:, None] - places, 1)
    ratios = jnp.where(pairs, (at[:, None, None] - places) / gaps, 1)
    return jnp.where(usable, ratios.prod(-1), 0)


def total(weights: Weights, values: Float[Array, "depth batch height width channels"]) -> Images:
    """The weighted sum over the first axis."""
    return jnp.tensordot(weights, values, 1)
