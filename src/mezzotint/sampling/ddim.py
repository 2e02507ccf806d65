"""DDIM: estimate the image and the noise, and mix them again at the next time's rates.

Song et al., arXiv:2010.02502, eq. 12 and 16. With eta = 0 it is the exponential Euler step of the
probability-flow ODE and deterministic; with eta = 1 it is DDPM's ancestral sampling; on the straight
schedule with eta = 0 it is the Euler method of flow matching.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Rates, Schedule, log_snr
from mezzotint.sampling import fresh
from mezzotint.sampling.method import Memory


@dataclass(frozen=True)
class Ddim:
    """DDIM with noise added back at each step.

    Attributes:
        eta: 0 adds none, 1 as much as DDPM's ancestral sampling.
    """

    eta: float = 0.0

    @property
    def order(self) -> int:
        """1."""
        return 1

    @property
    def evaluations(self) -> int:
        """1."""
        return 1

    @property
    def deterministic(self) -> bool:
        """Where eta is 0."""
        return self.eta == 0

    def init(self, x: Images) -> Memory:
        """Nothing is remembered."""
        return ()

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
        """From x at time t to time s; to s < t where eta is above 0."""
        image, noise = denoise(x, jnp.full(x.shape[:1], t))
        alpha, sigma = schedule(s)
        added = self.eta * ancestral_std(schedule(t), schedule(s))
        kept = fresh.std(sigma**2 - added**2)
        x = alpha * image + kept * noise
        return (x if self.deterministic else x + added * fresh.noise(keys, x.shape[1:])), ()


def ancestral_std(now: Rates, then: Rates) -> Array:
    """Standard deviation of the noise that DDPM's posterior adds between two times.

    Song et al., arXiv:2010.02502, eq. 16, for any schedule: sigma_s sqrt(1 - SNR_t / SNR_s); 0 towards
    more noise.
    """
    return then.sigma * fresh.std(-jnp.expm1(log_snr(now) - log_snr(then)))
