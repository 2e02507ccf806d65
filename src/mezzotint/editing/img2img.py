"""Another picture like this one: noised to some time, and denoised from there.

SDEdit: Meng et al., arXiv:2108.01073, algorithm 1.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from mezzotint.core.schedule import Schedule
from mezzotint.editing.inpaint import knowing
from mezzotint.editing.plan import Given, Plan
from mezzotint.sampling.loop import Times


def start_near(plan: Plan, picture: Given, strength: ArrayLike) -> Plan:
    """The plan that starts from a picture, noised as far as the strength says.

    Args:
        plan: how pictures are made.
        picture: where it starts.
        strength: from 0, which gives the picture back, to 1, which knows nothing of it.
    """
    time = noising_time(plan.schedule, strength)
    something_to_do = jnp.full((1, 1, 1, 1), jnp.asarray(strength) > 0)
    return plan._replace(
        denoise=knowing(plan.denoise, plan.schedule, picture, something_to_do),
        times=from_time(plan.times, time),
        x=jnp.where(time < 1, plan.noised(picture, time), plan.x),
    )


def noising_time(schedule: Schedule, strength: ArrayLike) -> Array:
    """The time at which the angle arctan(sigma / alpha) is this share of a right angle.

    A strength so means the same on every schedule; one beyond its ends is the time 0 or 1.
    """
    ratio = jnp.tan(jnp.asarray(strength) * (jnp.pi / 2))
    time = jnp.clip(schedule.time(-2 * jnp.log(ratio)), 0, 1)
    return jnp.where(jnp.asarray(strength) < 1, time, 1.0)


def from_time(times: Times, time: Array) -> Times:
    """The time, and after it those of the times that come later in sampling."""
    index = jnp.arange(len(times.values))
    passed = jnp.sum((times.values >= time) & (index < times.number))
    later = jnp.roll(times.values, 1 - passed)
    return Times(later.at[0].set(time), times.number - passed + 1)
