"""Pictures by their start noise: the neighbours of one, and those on the way from one to another.

Noise in many dimensions lies close to a sphere, and a network has seen nothing inside it. A mean of two
noises lies inside; the arc from one to the other does not.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from mezzotint.arrays import Images, Times
from mezzotint.core.schedule import per_image
from mezzotint.editing.plan import Given, Plan
from mezzotint.editing.solvers import OneEach, dot
from mezzotint.editing.sound import demand_deterministic


def start_from(plan: Plan, x: Given) -> Plan:
    """The plan that starts from this noise.

    Args:
        plan: how pictures are made, by a sampler that adds no noise.
        x: the noise.

    Raises:
        UserError: a sampler that adds noise, of which pictures would be functions as well.
    """
    demand_deterministic(plan.sampler, "starting from a given noise")
    return plan._replace(x=jnp.broadcast_to(x, plan.x.shape))


def turn(plan: Plan, x: Given, amount: ArrayLike) -> Plan:
    """The plan that starts from this noise, turned towards the plan's own by a share of a right angle.

    cos(angle) x + sin(angle) fresh has the variance that both have.

    Args:
        plan: how pictures are made, by a sampler that adds no noise.
        x: the noise.
        amount: from 0, the noise x, to 1, the plan's own.

    Raises:
        UserError: a sampler that adds noise.
    """
    angle = jnp.asarray(amount) * (jnp.pi / 2)
    return start_from(plan, jnp.cos(angle) * x + jnp.sin(angle) * plan.x)


def slerp(x: Given, y: Given, shares: Times) -> Images:
    """Places on the arc from x to y: Shoemake, Animating rotation with quaternion curves, 1985, section 3.3.

    (sin((1 - f) angle) x + sin(f angle) y) / sin(angle), the angle being that between x and y.

    Args:
        x: where the share is 0.
        y: where the share is 1.
        shares: f, in [0, 1].
    """
    towards_x, towards_y = x / _length(x), y / _length(y)
    angle = 2 * jnp.arctan2(_length(towards_x - towards_y), _length(towards_x + towards_y))
    share = per_image(shares)
    return _part(1 - share, angle) * x + _part(share, angle) * y


def _part(share: OneEach, angle: Float[Array, "#batch 1 1 1"]) -> OneEach:
    """sin(share * angle) / sin(angle), which is the share where the angle is 0."""
    return share * jnp.sinc(share * angle / jnp.pi) / jnp.sinc(angle / jnp.pi)


def _length(x: Images) -> OneEach:
    return jnp.sqrt(dot(x, x))
