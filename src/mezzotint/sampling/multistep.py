"""Adams-Bashforth: the polynomial through the last few noises, integrated exactly over the step.

Zhang & Chen, arXiv:2204.13902, eq. 15, with the noise as a polynomial in lambda = log(alpha / sigma), on any
grid. docs/decisions.md says why in lambda.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule
from mezzotint.sampling.exponential import integrals, log_ratio, total
from mezzotint.sampling.history import History, empty, newest, with_newest


@dataclass(frozen=True)
class AdamsBashforth:
    """Adams-Bashforth of any order, one network evaluation a step; order 1 is DDIM.

    The first steps have the orders 1, 2, ... for want of earlier noises, so that the whole has the stated
    order only where the grid begins with short steps.

    Attributes:
        order: how many noises the polynomial goes through, and the order of accuracy.
    """

    order: int = 3

    @property
    def evaluations(self) -> int:
        """1."""
        return 1

    @property
    def deterministic(self) -> bool:
        """True."""
        return True

    def init(self, x: Images) -> History:
        """No noise yet."""
        return empty(self.order - 1, x)

    def step(
        self,
        denoise: Denoiser,
        schedule: Schedule,
        x: Images,
        t: Array,
        s: Array,
        memory: History,
        keys: Keys,
    ) -> tuple[Images, History]:
        """From x at time t to time s."""
        (image, noise), then = denoise(x, jnp.full(x.shape[:1], t)), schedule(s)
        start, end = log_ratio(schedule(t)), log_ratio(then)
        weights = integrals(lambda place: jnp.exp(end - place), memory, start, end)
        noises = noise - total(weights, memory.values - noise)
        remembered = newest(with_newest(memory, noise, start), self.order - 1)
        return then.alpha * image + then.sigma * noises, remembered
