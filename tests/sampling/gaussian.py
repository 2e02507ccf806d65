"""Pictures whose every pixel is N(mean, std^2), of which the best denoiser is known exactly."""

from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Rates, Schedule, per_image


@dataclass(frozen=True)
class Gaussian:
    """The distribution, and what is known in closed form about it.

    Attributes:
        mean: of every pixel.
        std: of every pixel.
    """

    mean: float = 0.4
    std: float = 0.7

    def spread(self, rates: Rates) -> Array:
        """The standard deviation of x = alpha * image + sigma * noise."""
        return jnp.hypot(rates.alpha * self.std, rates.sigma)

    def image(self, rates: Rates, x: Array) -> Array:
        """E[image | x] = mean + alpha std^2 / (alpha^2 std^2 + sigma^2) * (x - alpha mean)."""
        gain = rates.alpha * self.std**2 / self.spread(rates) ** 2
        return self.mean + gain * (x - rates.alpha * self.mean)

    def denoiser(self, schedule: Schedule) -> Denoiser:
        """The best estimate of the image, and the noise that goes with it."""

        def denoise(x: Array, t: Array) -> Estimate:
            rates = Rates(*(per_image(rate) for rate in schedule(t)))
            image = self.image(rates, x)
            return Estimate(image, (x - rates.alpha * image) / rates.sigma)

        return denoise

    def flow(self, schedule: Schedule, x: Array, t: float, s: float) -> Array:
        """Where the probability-flow ODE takes x from t to s: every quantile stays what it is."""
        now, then = schedule(t), schedule(s)
        quantile = (x - now.alpha * self.mean) / self.spread(now)
        return then.alpha * self.mean + self.spread(then) * quantile
