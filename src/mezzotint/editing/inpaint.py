"""Inpainting: the picture outside a mask is given, and what is inside is made to go with it.

The image estimate gets the known pixels, and the noise estimate follows. The known pixels of x are then
alpha * picture + sigma * noise at every time, all with the noise of the start (and what the sampler adds), as
the network has seen them in training; and the last estimate, which is the picture, has them as they are.

That alone leaves a seam, for what is painted learns of the known pixels too late. Two remedies compose with
it: `match`, which measures the known pixels and so changes the estimate under the mask as well, at each step;
and `resample`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool

from mezzotint.arrays import Images, Times
from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Schedule
from mezzotint.editing.measure import KnownPixels
from mezzotint.editing.plan import Given, Plan
from mezzotint.editing.resample import Count, Resampled
from mezzotint.editing.restore import Std, agree

Mask = Bool[Array, "#batch #height #width 1"]


def keep(plan: Plan, picture: Given, mask: Mask) -> Plan:
    """The plan that paints where the mask is true, and keeps the rest of the picture.

    Args:
        plan: how pictures are made.
        picture: what is known; its pixels under the mask do not count.
        mask: where there is something to paint.
    """
    return plan._replace(
        denoise=knowing(plan.denoise, plan.schedule, picture, mask),
        x=jnp.where(mask, plan.x, plan.noised(picture, jnp.asarray(1.0))),
    )


def match(plan: Plan, picture: Given, mask: Mask, std: Std) -> Plan:
    """The plan whose estimates agree with the picture outside the mask, and so go with it inside.

    Args:
        plan: how pictures are made.
        picture: what is known; its pixels under the mask do not count.
        mask: where there is something to paint.
        std: of the noise in what is known, above 0.
    """
    known = KnownPixels(~mask)
    return agree(plan, known, known(picture), std)


def resample(plan: Plan, repeats: Count) -> Plan:
    """The plan that takes each step `repeats` times, so that what it paints goes with what it knows.

    Raises:
        UserError: the plan's sampler is a multistep method.
    """
    return plan._replace(sampler=Resampled(plan.sampler, repeats))


def knowing(denoise: Denoiser, schedule: Schedule, picture: Given, mask: Mask) -> Denoiser:
    """A denoiser whose image estimate is the picture outside the mask."""

    def informed(x: Images, t: Times) -> Estimate:
        return with_image(schedule(t), x, jnp.where(mask, denoise(x, t).image, picture))

    return informed
