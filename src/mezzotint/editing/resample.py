"""Resampling: each step is taken several times over, so that what is given and what is made agree.

What a denoiser is told of a picture reaches the rest of it only through the next step, and one step at each
time leaves a seam. So from s the noise of t is added again, and the step is taken anew, knowing more:
Lugmayr et al., arXiv:2201.09865, algorithm 1.
"""

from dataclasses import dataclass
from typing import Any

import jax
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule
from mezzotint.editing.sound import demand_single_steps
from mezzotint.sampling import fresh
from mezzotint.sampling.method import Memory, Sampler

Count = Any  # an int, or a traced one


@dataclass(frozen=True)
class Resampled:
    """A method whose steps are taken `repeats` times each.

    Attributes:
        sampler: the method, of single steps.
        repeats: how often, 1 or more; 1 is the method itself.

    Raises:
        UserError: a multistep method: what it remembers is of an x without the noise that is added again.
    """

    sampler: Sampler
    repeats: Count

    def __post_init__(self) -> None:
        """Refuses a multistep method."""
        demand_single_steps(self.sampler, "resampling")

    @property
    def order(self) -> int:
        """The method's own."""
        return self.sampler.order

    @property
    def evaluations(self) -> Count:
        """`repeats` times the method's own."""
        return self.sampler.evaluations * self.repeats

    @property
    def deterministic(self) -> bool:
        """False."""
        return False

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
        """From x at time t to time s < t, `repeats` times, and back each time but the last."""

        def there(x: Images, keys: Keys) -> tuple[Images, Memory]:
            return self.sampler.step(denoise, schedule, x, t, s, memory, keys)

        def there_and_back(repeat: Array, x: Images) -> Images:
            repeat_keys = jax.vmap(jax.random.fold_in, (0, None))(keys, repeat)
            there_keys, back_keys = jax.vmap(jax.random.split, out_axes=1)(repeat_keys)
            return diffused(schedule, there(x, there_keys)[0], s, t, back_keys)

        return there(jax.lax.fori_loop(0, self.repeats - 1, there_and_back, x), keys)


def diffused(schedule: Schedule, x: Images, s: Array, t: Array, keys: Keys) -> Images:
    """X at time s, with the noise added that x at time t > s has more.

    q(x_t | x_s) is N(alpha_t / alpha_s x_s, sigma_t^2 - (alpha_t / alpha_s)^2 sigma_s^2): Kingma et al.,
    arXiv:2107.00630, appendix A.1.
    """
    now, then = schedule(s), schedule(t)
    kept = then.alpha / now.alpha
    added = fresh.std(then.sigma**2 - (kept * now.sigma) ** 2)
    return kept * x + added * fresh.noise(keys, x.shape[1:])
