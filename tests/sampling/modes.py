"""Whole pictures around a few modes: a mixture of Gaussians whose pixels depend on each other."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from einops import einsum, reduce
from jax import Array

from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Rates, Schedule, per_image


class Modes(NamedTuple):
    """Pictures N(mode, std^2 I), of modes (mode, height, width, channels) of equal weight."""

    modes: np.ndarray
    std: float

    def draw(self, count: int, seed: int = 0) -> Array:
        """Pictures."""
        random = np.random.default_rng(seed)
        chosen = self.modes[random.integers(len(self.modes), size=count)]
        return jnp.asarray(chosen + self.std * random.standard_normal(chosen.shape))

    def log_density(self, rates: Rates, x: Array) -> Array:
        """Of x = alpha * image + sigma * noise, (batch,), in nats; scalar rates."""
        return jax.nn.logsumexp(self._joint(rates, x), axis=1)

    def denoiser(self, schedule: Schedule) -> Denoiser:
        """The best estimate of the image, and the noise that goes with it; one time for all of a batch."""

        def denoise(x: Array, t: Array) -> Estimate:
            alpha, sigma = schedule(t[0])
            likely = jax.nn.softmax(self._joint(Rates(alpha, sigma), x), axis=1)
            mean = einsum(likely, self.modes.astype(x.dtype), "b k, k h w c -> b h w c")
            gain = alpha * self.std**2 / (alpha**2 * self.std**2 + sigma**2)
            image = mean + gain * (x - alpha * mean)
            return Estimate(image, (x - per_image(schedule(t).alpha) * image) / sigma)

        return denoise

    def _joint(self, rates: Rates, x: Array) -> Array:
        """The log-density of each picture with each mode, (batch, mode)."""
        variance = (rates.alpha * self.std) ** 2 + rates.sigma**2
        modes = self.modes.astype(x.dtype)
        apart = reduce((x[:, None] - rates.alpha * modes) ** 2, "b k h w c -> b k", "sum")
        size = x[0].size
        return -apart / (2 * variance) - size / 2 * jnp.log(2 * jnp.pi * variance) - np.log(len(self.modes))


MODES = Modes(np.random.default_rng(3).standard_normal((4, 2, 3, 1)), 0.4)
