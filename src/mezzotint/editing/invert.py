"""Inversion: the noise from which a sampler makes a given picture.

The loop with rising times: Song et al., arXiv:2010.02502, section 4.3. The plain method takes the sampler's
step in the other direction, and so asks the denoiser at the wrong end of each interval: what is made of its
noise is another picture. Here each step undoes the very step that sampling will take, as in Hong et al.,
arXiv:2311.18387, and the first image is the one whose image estimate is the picture. Both are fixed points.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys, Times
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule, mix
from mezzotint.editing.plan import Plan
from mezzotint.editing.solvers import fixed_point
from mezzotint.editing.sound import demand_deterministic, demand_single_steps
from mezzotint.sampling import loop
from mezzotint.sampling.method import Memory, Sampler

START = 10  # evaluations for the first image
STEP = 4  # evaluations for each step


def inverted(plan: Plan, picture: Images) -> Images:
    """The noise from which the plan makes the picture.

    It costs START + STEP * (number of times - 1) times the evaluations of a step.

    Args:
        plan: how the picture will be made; its start and its keys do not count.
        picture: one for each key of the plan.

    Raises:
        UserError: a sampler that adds noise, or remembers earlier steps.
    """
    times = rising(plan.times)
    x = settled(plan.denoise, plan.schedule, picture, jnp.full(len(picture), times.values[0]))
    return loop.solve(plan.denoise, plan.schedule, Reversed(plan.sampler), times, x, plan.keys)


def rising(times: loop.Times) -> loop.Times:
    """The same times, the lowest first."""
    return loop.Times(jnp.roll(times.values[::-1], times.number), times.number)


def settled(denoise: Denoiser, schedule: Schedule, picture: Images, t: Times) -> Images:
    """The x at time t whose image estimate is the picture: its noise is the noise estimated in it.

    An exact denoiser's image estimate is the gradient of a convex function of x (its derivative is
    the image's covariance given x), as `fixed_point` asks.
    """

    def noisy(noise: Images) -> Images:
        return mix(schedule(t), picture, noise)

    return noisy(fixed_point(lambda noise: denoise(noisy(noise), t).noise, jnp.zeros_like(picture), START))


@dataclass(frozen=True)
class Reversed:
    """The steps of a method in the other direction, each undone.

    Attributes:
        sampler: the method, deterministic and of single steps.

    Raises:
        UserError: another sampler.
    """

    sampler: Sampler

    def __post_init__(self) -> None:
        """Refuses a sampler whose steps cannot be undone."""
        demand_deterministic(self.sampler, "inversion")
        demand_single_steps(self.sampler, "inversion")

    @property
    def order(self) -> int:
        """The method's own."""
        return self.sampler.order

    @property
    def evaluations(self) -> int:
        """STEP times the method's own."""
        return STEP * self.sampler.evaluations

    @property
    def deterministic(self) -> bool:
        """True."""
        return True

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
        """From x at time t to the image at time s > t of which the method's step makes x."""
        wider = jnp.hypot(*schedule(s)) / jnp.hypot(*schedule(t))

        def nearer(noisier: Images) -> Images:
            back, _ = self.sampler.step(denoise, schedule, noisier, s, t, memory, keys)
            return noisier + wider * (x - back)

        return fixed_point(nearer, wider * x, STEP), memory
