"""Two classes of pictures, each a Gaussian in every pixel, of which the best denoisers are known exactly."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Rates, Schedule, per_image

from ..sampling.gaussian import Gaussian

CLASSES = Gaussian(mean=-0.5, std=0.4), Gaussian(mean=0.7, std=0.6)


@dataclass(frozen=True)
class Mixture:
    """Pictures of either class, with the same probability."""

    classes: tuple[Gaussian, ...] = CLASSES

    def image(self, rates: Rates, x: Array) -> Array:
        """E[image | x]: what each class expects, by the probability that x is of that class."""
        expected = jnp.stack([each.image(rates, x) for each in self.classes])
        shares = jax.nn.softmax(jnp.stack([_log_density(each, rates, x) for each in self.classes]), axis=0)
        return (shares * expected).sum(0)

    def denoiser(self, schedule: Schedule) -> Denoiser:
        """The best estimate without a label."""

        def denoise(x: Array, t: Array) -> Estimate:
            rates = Rates(*(per_image(rate) for rate in schedule(t)))
            return with_image(schedule(t), x, self.image(rates, x))

        return denoise


def _log_density(of: Gaussian, rates: Rates, x: Array) -> Array:
    """Of the whole picture, up to a constant; (batch, 1, 1, 1)."""
    spread = of.spread(rates)
    each = -(((x - rates.alpha * of.mean) / spread) ** 2) / 2 - jnp.log(spread)
    return each.sum((1, 2, 3), keepdims=True)
