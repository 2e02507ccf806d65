"""Geometric augmentation that does not leak: the network is told what was done to each picture.

The non-leaking augmentation of Karras et al., arXiv:2206.00364, appendix F.2: each transformation happens
with a probability, its parameters are given to the network as nine numbers, all 0 for an untouched picture,
and sampling asks for an untouched one.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images, Key

LABELS = 9
SCALE = ANISOTROPY = 2**0.2  # at one standard deviation
SHIFT = 1 / 8  # of the side, at one standard deviation

Matrix = Float[Array, "3 3"]


class Augmented(NamedTuple):
    """Pictures, and what was done to each."""

    images: Images
    labels: Float[Array, "batch 9"]


def augment(key: Key, images: Images, probability: float) -> Augmented:
    """Each transformation with a probability, on each picture by itself; the borders are mirrored.

    Args:
        key: of all draws.
        images: (batch, height, width, channels).
        probability: of each transformation, in [0, 1].
    """
    keys = jax.random.split(key, len(images))
    labels = jax.vmap(lambda key: _draw(key, probability))(keys)
    return Augmented(jax.vmap(transformed)(images, labels), labels)


def _draw(key: Key, probability: float) -> Float[Array, "9"]:
    """The nine numbers of a picture.

    Flips x, y; log-scale; cos - 1 and sin of a rotation; anisotropy times cos and
    sin of its direction; shifts x, y.
    """
    happens, spread, even = jax.random.split(key, 3)
    flip_x, flip_y, scale, rotate, stretch, shift = jax.random.bernoulli(happens, probability, (6,))
    normal = jax.random.normal(spread, (4,))
    coin, turn = jax.random.uniform(even, (2, 2))
    angle, direction = (2 * turn - 1) * jnp.pi * jnp.array([rotate, 1.0])
    flips = (coin < 0.5) * jnp.array([flip_x, flip_y])
    return jnp.array(
        [
            flips[0],
            flips[1],
            normal[0] * scale,
            jnp.cos(angle) - 1,
            jnp.sin(angle),
            normal[1] * stretch * jnp.cos(direction),
            normal[1] * stretch * jnp.sin(direction),
            normal[2] * shift,
            normal[3] * shift,
        ]
    )


def transformed(image: Float[Array, "height width channels"], label: Float[Array, "9"]) -> Array:
    """A picture after the transformation that nine numbers describe; bilinear."""
    height, width, _ = image.shape
    y, x = jnp.mgrid[0.5:height, 0.5:width]
    centred = jnp.stack([x - width / 2, y - height / 2, jnp.ones_like(x)])
    back = jnp.linalg.inv(matrix(label, height, width))
    x, y, _ = jnp.einsum("ij,jhw->ihw", back, centred)
    at = [y + (height - 1) / 2, x + (width - 1) / 2]
    channel = lambda plane: jax.scipy.ndimage.map_coordinates(plane, at, order=1, mode="reflect")  # noqa: E731
    return jax.vmap(channel, in_axes=-1, out_axes=-1)(image)


def matrix(label: Float[Array, "9"], height: int, width: int) -> Matrix:
    """From places in the picture to places in the transformed one, in pixels from the middle."""
    flip_x, flip_y, scale, cosine, sine, along, across, right, down = label
    mirror = jnp.diag(jnp.array([1 - 2 * flip_x, 1 - 2 * flip_y, 1.0]))
    factor = SCALE**scale
    enlarge = jnp.diag(jnp.array([factor, factor, 1.0]))
    amount = jnp.hypot(along, across)
    squeeze = ANISOTROPY**amount
    turn = _rotation(*_unit(along, across))
    stretch = turn @ jnp.diag(jnp.array([squeeze, 1 / squeeze, 1.0])) @ turn.T
    shift = jnp.eye(3).at[:2, 2].set(SHIFT * jnp.array([right * width, down * height]))
    return shift @ stretch @ _rotation(cosine + 1, sine) @ enlarge @ mirror


def _unit(x: Array, y: Array) -> tuple[Array, Array]:
    length = jnp.hypot(x, y)
    safe = jnp.where(length > 0, length, 1.0)
    return jnp.where(length > 0, x / safe, 1.0), y / safe


def _rotation(cosine: Array, sine: Array) -> Matrix:
    return jnp.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
