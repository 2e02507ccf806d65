"""Resampling: a step is taken several times over, so that what is put in and what is made agree.

Lugmayr et al., arXiv:2201.09865, section 4.2: what a denoiser is told of a picture reaches its surroundings
only through the next step, and one step at each time leaves a seam. From s the noise of t is added again
by the exact forward kernel, and the step is taken anew.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule
from mezzotint.sampling.method import Memory, Sampler


@dataclass(frozen=True)
class Resampled:
    """A one-step method whose steps are taken `repeats` times each.

    Attributes:
        sampler: the method.
        repeats: how often; 1 is the method itself. It may be traced.
    """

    sampler: Sampler
    repeats: int | Array

    @property
    def order(self) -> int:
        """The method's own."""
        return self.sampler.order

    @property
    def evaluations(self) -> int:
        """`repeats` times the method's own."""
        return self.sampler.evaluations * self.repeats

    def init(self, x: Images) -> Memory:
        """The method's own."""
        return self.sampler.init(x)

    def step(
        self,
        denoise: Denoiser,
        schedule: Schedule,
        x: Images,
        t: Array,
        s: Array,
        memory: Memory,
        keys: Keys,
    ) -> tuple[Images, Memory]:
        """From x at time t to time s < t, `repeats` times; the last time it stays there."""

        def once(x: Images, keys: Keys) -> tuple[Images, Memory]:
            return self.sampler.step(denoise, schedule, x, t, s, memory, keys)

        def there_and_back(index: Array, x: Images) -> Images:
            there, back = jnp.moveaxis(jax.vmap(lambda key: jax.random.split(jax.random.fold_in(key, index)))(keys), 1, 0)
            return diffused(schedule, once(x, there)[0], s, t, back)

        return once(jax.lax.fori_loop(0, self.repeats - 1, there_and_back, x), keys)


def diffused(schedule: Schedule, x: Images, s: Array, t: Array, keys: Keys) -> Images:
    """X at time s with the noise added that brings it to time t > s.

    q(x_t | x_s) = N(alpha_t / alpha_s x_s, sigma_t^2 - (alpha_t / alpha_s sigma_s)^2): Kingma et al.,
    arXiv:2107.00630, eq. 20 to 22.
    """
    (alpha, sigma), (alpha_then, sigma_then) = schedule(s), schedule(t)
    shrink = alpha_then / alpha
    noise = jax.vmap(lambda key: jax.random.normal(key, x.shape[1:]))(keys)
    return shrink * x + jnp.sqrt(sigma_then**2 - (shrink * sigma) ** 2) * noise
