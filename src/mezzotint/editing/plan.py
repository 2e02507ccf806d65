"""A plan: what `loop.sample` and `loop.trajectory` are given. An edit is a plan made from a plan.

An edit changes the denoiser (which then knows something of the picture), the sampler (which then goes over
its steps again), the times or the start, and nothing else. What comes out is sampled, or watched, as any plan:

    images = loop.sample(*inpaint(plan, picture, mask))

Pictures and noise are normalised throughout.
"""

from typing import NamedTuple

import jax.numpy as jnp

from mezzotint.arrays import Images, Keys, Times
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule, mix
from mezzotint.sampling import loop
from mezzotint.sampling.method import Sampler


class Plan(NamedTuple):
    """The arguments of `loop.sample`, in its order.

    Attributes:
        denoise: the denoiser.
        schedule: its schedule.
        sampler: the method.
        times: when the denoiser is asked; the first is 1.
        x: the start, noise at t = 1.
        keys: one an image, for the noise of the steps.
    """

    denoise: Denoiser
    schedule: Schedule
    sampler: Sampler
    times: loop.Times
    x: Images
    keys: Keys

    def noised(self, picture: Images, t: Times) -> Images:
        """The picture at times t, by the plan's own noise."""
        return mix(self.schedule(t), picture, self.x / jnp.hypot(*self.schedule(1.0)))
