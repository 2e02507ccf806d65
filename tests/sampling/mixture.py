"""Pictures whose pixels are independent draws of a Gaussian mixture: denoiser and flow in closed form."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from mezzotint.core.prediction import Denoiser, Estimate, Network, Prediction, target
from mezzotint.core.schedule import Rates, Schedule, per_image


class Mixture(NamedTuple):
    """The distribution of a pixel; one component, or several equal ones, make a Gaussian.

    Attributes:
        weights: of the components; their sum is 1.
        means: of the components.
        stds: of the components.
    """

    weights: np.ndarray
    means: np.ndarray
    stds: np.ndarray

    def spreads(self, rates: Rates) -> Array:
        """Each component's standard deviation in x = alpha * image + sigma * noise."""
        return jnp.hypot(rates.alpha[..., None] * self.stds, rates.sigma[..., None])

    def image(self, rates: Rates, x: Array) -> Array:
        """E[image | x]: the components' own estimates, weighted by how likely each made x."""
        alpha, spreads = rates.alpha[..., None], self.spreads(rates)
        scores = (x[..., None] - alpha * self.means) / spreads
        likely = jax.nn.softmax(jnp.log(self.weights) - jnp.log(spreads) - scores**2 / 2, axis=-1)
        return (likely * (self.means + alpha * self.stds**2 / spreads * scores)).sum(-1)

    def denoiser(self, schedule: Schedule) -> Denoiser:
        """The best estimate of the image, and the noise that goes with it."""

        def denoise(x: Array, t: Array) -> Estimate:
            rates = Rates(*(per_image(rate) for rate in schedule(t)))
            image = self.image(rates, x)
            return Estimate(image, (x - rates.alpha * image) / rates.sigma)

        return denoise

    def network(self, schedule: Schedule, prediction: Prediction) -> Network:
        """What a perfect network puts out: (scaled x, t) -> a * image + b * noise."""
        denoise = self.denoiser(schedule)

        def network(scaled: Array, t: Array) -> Array:
            x = scaled / per_image(prediction.input_scale(schedule, t))
            return target(prediction.pair(schedule, t), *denoise(x, t))

        return network

    def cdf(self, rates: Rates, x: Array) -> Array:
        """P(a pixel of the noisy image is below x), for scalar rates."""
        scores = (x[..., None] - rates.alpha * self.means) / self.spreads(rates)
        return (self.weights * jax.scipy.special.ndtr(scores)).sum(-1)

    def quantile(self, rates: Rates, share: Array) -> Array:
        """The x below which a share of all pixels lies, by bisection to the last digit, for scalar rates.

        In one dimension the probability-flow ODE keeps the order of the pixels, and so takes each quantile
        of one time to the same quantile of every other.
        """
        reach = 40 * self.spreads(rates).max() + jnp.abs(rates.alpha * self.means).max()

        def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = (ends[0] + ends[1]) / 2
            below = self.cdf(rates, middle) < share
            return jnp.where(below, middle, ends[0]), jnp.where(below, ends[1], middle)

        whole = jnp.full_like(share, 1) * reach
        return jax.lax.fori_loop(0, 100, halve, (-whole, whole))[0]


GAUSSIAN = Mixture(np.array([0.5, 0.5]), np.array([0.4, 0.4]), np.array([0.7, 0.7]))
TWO = Mixture(np.array([0.35, 0.65]), np.array([-0.7, 0.5]), np.array([0.5, 0.35]))
