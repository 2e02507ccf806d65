"""Inpainting: the picture outside a mask is given, and what is inside is made to go with it.

The denoiser's image estimate gets the known pixels, and its noise estimate follows. As the known pixels of x are
then alpha * picture + sigma * noise at every time with one and the same noise (fresh noise besides, where the sampler adds
it), they are noised as in training; and the last estimate, which is the picture, holds them as they are.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool

from mezzotint.arrays import Images, Times
from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Schedule
from mezzotint.editing.plan import Plan
from mezzotint.editing.resample import Resampled

Mask = Bool[Array, "#batch height width 1"]


def inpaint(plan: Plan, picture: Images, mask: Mask, repeats: int | Array = 1) -> Plan:
    """The plan that paints where the mask is true and keeps the rest.

    Args:
        plan: how pictures are made, its sampler a one-step method unless `repeats` is 1.
        picture: what is known; its pixels under the mask do not count.
        mask: true where there is something to paint.
        repeats: how often each step is taken (`Resampled`).
    """
    known = plan.noised(picture, jnp.ones(len(picture)))
    return plan._replace(
        denoise=knowing(plan.denoise, plan.schedule, picture, mask),
        sampler=Resampled(plan.sampler, repeats),
        x=jnp.where(mask, plan.x, known),
    )


def knowing(denoise: Denoiser, schedule: Schedule, picture: Images, mask: Mask) -> Denoiser:
    """A denoiser whose image estimate is the picture outside the mask."""

    def informed(x: Images, t: Times) -> Estimate:
        return with_image(schedule(t), x, jnp.where(mask, denoise(x, t).image, picture))

    return informed
