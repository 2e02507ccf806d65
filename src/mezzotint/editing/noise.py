"""Start noises between others: around one, and on the way from one to another.

Noise in many dimensions lies close to a sphere, and a network has seen nothing inside it. A mean of two
noises lies inside; the arc from one to the other does not.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from mezzotint.arrays import Images, Times
from mezzotint.core.schedule import per_image


def rotated(x: Images, fresh: Images, amount: ArrayLike) -> Images:
    """Noise turned towards fresh noise by a part of a right angle: cos x + sin fresh, of x's variance.

    Args:
        x: the noise to start from.
        fresh: independent noise of the same spread.
        amount: from 0, which gives x, to 1, which gives the fresh noise.
    """
    angle = jnp.asarray(amount) * (jnp.pi / 2)
    return jnp.cos(angle) * x + jnp.sin(angle) * fresh


def slerp(x: Images, y: Images, fractions: Times) -> Images:
    """The arc from x to y: Shoemake, Animating rotation with quaternion curves, SIGGRAPH 1985, section 3.3.

    sin((1 - f) a) / sin(a) x + sin(f a) / sin(a) y with the angle a between the two; images of other
    lengths change in length on the way.

    Args:
        x: noise at fraction 0.
        y: noise at fraction 1.
        fractions: f, in [0, 1].
    """
    angle = _angle(x, y)
    share = lambda part: per_image(part * jnp.sinc(part * angle / jnp.pi) / jnp.sinc(angle / jnp.pi))  # noqa: E731
    return share(1 - fractions) * x + share(fractions) * y


def _angle(x: Images, y: Images) -> Float[Array, " batch"]:
    """The angle between two images, in [0, pi], exact for small ones too."""
    x, y = (each / _length(each) for each in (x, y))
    return 2 * jnp.arctan2(_length(x - y), _length(x + y))[:, 0, 0, 0]


def _length(x: Images) -> Float[Array, "batch 1 1 1"]:
    return jnp.sqrt(jnp.sum(x**2, (1, 2, 3), keepdims=True))
