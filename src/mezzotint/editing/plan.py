"""A plan: what `loop.sample` and `loop.trajectory` are given. An edit makes a plan from a plan.

An edit changes the denoiser (which then knows something of the picture), the sampler (which then takes its
steps again), the times, or the start, and nothing else. What comes out is run as any plan is:

    images = loop.sample(*keep(plan, picture, mask))

Pictures and noise are normalised throughout. Edits that travel into a compiled program are pytrees:
`jax.tree_util.Partial(keep, picture=..., mask=...)`, so that another picture compiles nothing again.
"""

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule, mix
from mezzotint.sampling.loop import Times
from mezzotint.sampling.method import Sampler

Given = Float[Array, "#batch height width channels"]  # one for all images, or one for each


class Plan(NamedTuple):
    """The arguments of `loop.sample`, in their order.

    Attributes:
        denoise: the denoiser.
        schedule: its schedule.
        sampler: the method.
        times: when the denoiser is asked; the first is 1.
        x: the start: noise at t = 1.
        keys: one an image, for the noise of the steps.
    """

    denoise: Denoiser
    schedule: Schedule
    sampler: Sampler
    times: Times
    x: Images
    keys: Keys

    def noised(self, picture: Given, t: Array) -> Images:
        """The picture at a time, with the noise that the plan starts from."""
        noise = self.x / jnp.hypot(*self.schedule(1.0))
        return mix(self.schedule(jnp.full(len(self.x), t)), picture, noise)


Edit = Callable[[Plan], Plan]
Edits = tuple[Edit, ...]


def edited(plan: Plan, edits: Edits) -> Plan:
    """The plan after all edits, the first one first."""
    return reduce(lambda plan, edit: edit(plan), edits, plan)
