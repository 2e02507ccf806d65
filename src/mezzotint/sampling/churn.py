"""Churn: before each step, fresh noise takes x back to a noisier time.

Karras et al., arXiv:2206.00364, algorithm 2, in the coordinates x / alpha and r = sigma / alpha.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule, log_snr
from mezzotint.errors import UserError
from mezzotint.sampling import fresh
from mezzotint.sampling.heun import Heun
from mezzotint.sampling.method import Memory, Sampler, has_single_steps


@dataclass(frozen=True)
class Churned:
    """Steps of another sampler, each from a noisier x: with Heun's method, EDM's stochastic sampler.

    Attributes:
        sampler: the method of the steps; one that remembers nothing.
        gain: by how much r grows before a step; the paper's gamma = S_churn / N, at most sqrt(2) - 1.
        low: the least r that grows; the paper's S_tmin.
        high: the greatest r that grows; the paper's S_tmax.
        inflation: standard deviation of the fresh noise; the paper's S_noise.
    """

    sampler: Sampler = Heun()
    gain: float = 0.1
    low: float = 0.0
    high: float = 1e6
    inflation: float = 1.0

    def __post_init__(self) -> None:
        """Refuses a multistep sampler: what it remembers is of an x without the fresh noise."""
        if not has_single_steps(self.sampler):
            raise UserError(f"churn needs a sampler of single steps: ddim or heun, not {self.sampler}")

    @property
    def order(self) -> int:
        """The sampler's."""
        return self.sampler.order

    @property
    def evaluations(self) -> int:
        """The sampler's."""
        return self.sampler.evaluations

    @property
    def deterministic(self) -> bool:
        """False."""
        return False

    def init(self, x: Images) -> Memory:
        """Nothing is remembered."""
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
        """From x at time t to time s < t, by way of a noisier time of at most 1."""
        churn_keys, step_keys = jax.vmap(jax.random.split, out_axes=1)(keys)
        back = self._noisier(schedule, t)
        now, then = schedule(t), schedule(back)
        ratio = now.sigma / now.alpha
        added = fresh.std((then.sigma / then.alpha) ** 2 - ratio**2)
        noise = self.inflation * added * fresh.noise(churn_keys, x.shape[1:])
        x = then.alpha * (x / now.alpha + noise)
        return self.sampler.step(denoise, schedule, x, back, s, memory, step_keys)

    def _noisier(self, schedule: Schedule, t: Array) -> Array:
        """The time at which r is 1 + gain times what it is at t, or t."""
        now = log_snr(schedule(t))
        ratio = jnp.exp(-now / 2)
        back = jnp.clip(schedule.time(now - 2 * jnp.log1p(self.gain)), t, 1)
        return jnp.where((self.low <= ratio) & (ratio <= self.high), back, t)
