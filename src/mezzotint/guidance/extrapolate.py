"""Guidance by a weaker denoiser: away from what it expects, in an interval of noise levels.

    estimate = weak + scale * (strong - weak)      where low <= sigma / alpha <= high
    estimate = strong                              elsewhere

With the same network without a label as the weak one it is classifier-free guidance (Ho & Salimans,
arXiv:2207.12598, eq. 6, whose w is scale - 1), with less trained or smaller weights it is autoguidance
(Karras et al., arXiv:2406.02507, section 4). The interval is that of Kynkäänniemi et al., arXiv:2404.07724.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from mezzotint.arrays import Images, Times
from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Schedule, per_image

Number = float | Float[Array, ""]


class Push(NamedTuple):
    """How far estimates go, and where. Its numbers are traced: others compile nothing again.

    Attributes:
        scale: 0 the weak estimate, 1 the strong one, above 1 beyond it.
        low: the least noise level, sigma / alpha, that is guided.
        high: the greatest.
    """

    scale: Number
    low: Number
    high: Number


def extrapolate(strong: Denoiser, weak: Denoiser, schedule: Schedule, push: Push) -> Denoiser:
    """The guided denoiser; the weak one is asked only where a picture of the batch is in the interval."""

    def guided(x: Images, t: Times) -> Estimate:
        estimate, inside = strong(x, t), within(schedule, t, push)
        return jax.lax.cond(
            inside.any(),
            lambda: pushed(estimate, weak(x, t), jnp.where(inside, push.scale, 1.0)),
            lambda: estimate,
        )

    return guided


def within(schedule: Schedule, t: Times, push: Push) -> Bool[Array, " batch"]:
    """Where the noise level is in the interval, both ends included."""
    alpha, sigma = schedule(t)
    return (push.low * alpha <= sigma) & (sigma <= push.high * alpha)


def pushed(strong: Estimate, weak: Estimate, scale: Array) -> Estimate:
    """Weak + scale * (strong - weak), written so that 1 gives the strong one to the bit.

    Both parts take the same step, so that x = alpha * image + sigma * noise holds as it did.
    """
    beyond = per_image(scale) - 1
    return jax.tree.map(lambda ours, theirs: ours + beyond * (ours - theirs), strong, weak)
