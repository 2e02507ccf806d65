"""DPM-Solver++: multistep methods that integrate the polynomial through the last two or three images.

Lu et al., arXiv:2211.01095, in lambda = log(alpha / sigma). One network evaluation a step.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule
from mezzotint.sampling import fresh
from mezzotint.sampling.exponential import advance, log_ratio, midpoint, total
from mezzotint.sampling.history import History, empty, newest, with_newest


@dataclass(frozen=True)
class DpmSolver2M:
    """DPM-Solver++ 2M, and its SDE form: Lu et al., arXiv:2211.01095, algorithm 2 and section 6.

    Attributes:
        eta: how much noise is added back: 0 is the ODE, 1 the reverse SDE.
    """

    eta: float = 0.0

    @property
    def order(self) -> int:
        """2."""
        return 2

    @property
    def evaluations(self) -> int:
        """1."""
        return 1

    @property
    def deterministic(self) -> bool:
        """Where eta is 0."""
        return self.eta == 0

    def init(self, x: Images) -> History:
        """No image yet; one will be remembered."""
        return empty(1, x)

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
        """From x at time t to time s; to s < t where eta is above 0."""
        estimate, then = denoise(x, jnp.full(x.shape[:1], t)), schedule(s)
        start, end = log_ratio(schedule(t)), log_ratio(then)
        kept = jnp.exp(self.eta * (start - end))
        added = fresh.std(-jnp.expm1(2 * self.eta * (start - end)))
        noise = kept * estimate.noise
        if not self.deterministic:
            noise += added * fresh.noise(keys, x.shape[1:])
        weights = -jnp.expm1((1 + self.eta) * (start - end)) * midpoint(memory, start, end)
        image = estimate.image + total(weights, memory.values - estimate.image)
        remembered = newest(with_newest(memory, estimate.image, start), 1)
        return then.alpha * image + then.sigma * noise, remembered


@dataclass(frozen=True)
class DpmSolver3M:
    """DPM-Solver++ 3M: the parabola through the last three images, integrated exactly.

    The authors' program, and those that follow it, halve the parabola's curvature and have order 2. This is
    UniP-3 of Zhao et al., arXiv:2302.04867, and has order 3.
    """

    @property
    def order(self) -> int:
        """3."""
        return 3

    @property
    def evaluations(self) -> int:
        """1."""
        return 1

    @property
    def deterministic(self) -> bool:
        """True."""
        return True

    def init(self, x: Images) -> History:
        """No image yet; two will be remembered."""
        return empty(2, x)

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
        estimate, start = denoise(x, jnp.full(x.shape[:1], t)), log_ratio(schedule(t))
        remembered = newest(with_newest(memory, estimate.image, start), 2)
        return advance(estimate, start, memory, schedule(s)), remembered
