"""Fixed points, each image's own: x with towards(x) = x, by steps along towards(x) - x."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images


def fixed_point(towards: Callable[[Images], Images], x: Images, evaluations: int) -> Images:
    """Where `towards` leaves an image as it is, or nearly.

    Plain iteration diverges where `towards` overshoots. Here the length of each step is that of Barzilai & Borwein,
    Two-point step size gradient methods, IMA Journal of Numerical Analysis 8 (1988), eq. 6: with
    g = x - towards(x), dx . dg / dg . dg of the last step. It asks only that g is, nearly, the gradient of something convex.

    Args:
        towards: the function; no image has a part in another's value.
        x: a first guess.
        evaluations: of `towards`, 1 or more; static.
    """

    def step(_: int, carry: tuple[Images, Images, Array]) -> tuple[Images, Images, Array]:
        x, gradient, length = carry
        nearer = x - length * gradient
        then = nearer - towards(nearer)
        return nearer, then, _length(nearer - x, then - gradient, length)

    gradient = x - towards(x)
    carry = x, gradient, jnp.ones_like(dot(x, x))
    x, gradient, length = jax.lax.fori_loop(0, evaluations - 1, step, carry)
    return x - length * gradient


def _length(
    moved: Images, changed: Images, before: Float[Array, "batch 1 1 1"]
) -> Float[Array, "batch 1 1 1"]:
    """The step length that the last step suggests; the one before where it suggests none."""
    along, squared = dot(moved, changed), dot(changed, changed)
    convex = (along > 0) & (squared > 0)
    return jnp.where(convex, along / jnp.where(convex, squared, 1), before)


def dot(x: Images, y: Images) -> Float[Array, "batch 1 1 1"]:
    """The inner product of each image with the other."""
    return jnp.sum(x * y, (1, 2, 3), keepdims=True)
