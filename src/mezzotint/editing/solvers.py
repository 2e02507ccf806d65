"""Equations solved by a few evaluations, each image's by itself."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images
from mezzotint.editing.measure import Measured

OneEach = Float[Array, "batch 1 1 1"]
Carry = tuple[Images, Measured, Array, Array]


def fixed_point(towards: Callable[[Images], Images], x: Images, evaluations: int) -> Images:
    """An image that `towards` leaves as it is, or nearly.

    Plain iteration diverges where `towards` overshoots. Here a step's length is that of Barzilai & Borwein,
    IMA Journal of Numerical Analysis 8 (1988), eq. 6: (dx . dg) / (dg . dg) of the last step, with
    g = x - towards(x). It converges where g is the gradient of something convex.

    Args:
        towards: the function.
        x: a first guess.
        evaluations: of `towards`, 1 or more.
    """

    def step(_: Array, carry: tuple[Images, Images, OneEach]) -> tuple[Images, Images, OneEach]:
        x, gradient, length = carry
        nearer = x - length * gradient
        then = nearer - towards(nearer)
        return nearer, then, _step_length(nearer - x, then - gradient, length)

    gradient = x - towards(x)
    carry = x, gradient, jnp.ones_like(dot(x, x))
    x, gradient, length = jax.lax.fori_loop(0, evaluations - 1, step, carry)
    return x - length * gradient


def _step_length(moved: Images, changed: Images, before: OneEach) -> OneEach:
    """(dx . dg) / (dg . dg), or the length before where that is not above 0."""
    along = dot(moved, changed)
    return jnp.where(along > 0, _quotient(along, dot(changed, changed)), before)


def least_residual(
    part: Callable[[Measured], Images],
    matrix: Callable[[Measured, Images], Measured],
    b: Measured,
    evaluations: int,
) -> Images:
    """The part(v) of the v with matrix(v, part(v)) = b, or nearly: the generalised conjugate residual method.

    Eisenstat, Elman & Schultz, SIAM Journal on Numerical Analysis 20 (1983), section 2. The residual never
    grows, whether the function is symmetric or not: a network's derivative is so only nearly, and conjugate
    gradients, which rely on it, went astray after five evaluations. Only part(v) is asked: it is linear, and
    so gathered on the way without an evaluation more.

    Args:
        part: a linear function, the one that costs.
        matrix: another, of v and part(v).
        b: the right side.
        evaluations: of each, 1 or more.
    """

    def step(index: Array, carry: Carry) -> Carry:
        total, residual, parts, images = carry
        piece = part(residual)
        image = matrix(residual, piece)
        shares = _quotient(dot(images, image), dot(images, images))
        piece = piece - jnp.sum(shares * parts, 0)
        image = image - jnp.sum(shares * images, 0)
        length = _quotient(dot(residual, image), dot(image, image))
        kept = parts.at[index].set(piece), images.at[index].set(image)
        return total + length * piece, residual - length * image, *kept

    total = jnp.zeros_like(jax.eval_shape(part, b))
    parts, images = (jnp.zeros((evaluations, *each.shape), each.dtype) for each in (total, b))
    return jax.lax.fori_loop(0, evaluations, step, (total, b, parts, images))[0]


def dot(x: Array, y: Array) -> Float[Array, "*batch 1 1 1"]:
    """The inner product of each image with the other."""
    return jnp.sum(x * y, (-3, -2, -1), keepdims=True)


def _quotient(a: Array, b: Array) -> Array:
    """A / b; 0 where b is 0, as at the solution."""
    return jnp.where(b > 0, a / jnp.where(b > 0, b, 1), 0)
