"""Another picture like this one: noised to some time, and denoised again from there.

SDEdit: Meng et al., arXiv:2108.01073, section 3.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from mezzotint.arrays import Images
from mezzotint.core.schedule import Schedule
from mezzotint.editing.plan import Plan
from mezzotint.sampling import loop


def img2img(plan: Plan, picture: Images, strength: ArrayLike) -> Plan:
    """The plan that starts from the picture, noised as far as the strength says.

    Args:
        plan: how pictures are made.
        picture: where it starts from.
        strength: above 0 and at most 1; 1 is the plan itself, which knows nothing of the picture.
    """
    start = noising_time(plan.schedule, strength)
    noisy = plan.noised(picture, jnp.full(len(picture), start))
    return plan._replace(times=below(plan.times, start), x=jnp.where(start < 1, noisy, plan.x))


def noising_time(schedule: Schedule, strength: ArrayLike) -> Array:
    """The time at which arctan(sigma / alpha) is this part of a right angle.

    So that a strength means the same on every schedule; where the schedule does not reach as far, the time is 0 or 1.
    """
    log_snr = -2 * jnp.log(jnp.tan(jnp.asarray(strength) * (jnp.pi / 2)))
    return jnp.where(strength < 1, jnp.clip(schedule.time(log_snr), 0, 1), 1.0)


def below(times: loop.Times, start: Array) -> loop.Times:
    """The time `start`, and after it those of the times that come later in sampling."""
    index = jnp.arange(len(times.values))
    passed = jnp.sum((times.values >= start) & (index < times.number))
    later = jnp.roll(times.values, 1 - passed)
    return loop.Times(later.at[0].set(start), times.number - passed + 1)
