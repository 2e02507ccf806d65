"""The pieces that networks are made of: noise embedding, 2x down, 2x up.

Upsampling is written with slices and concatenation, and nothing has more than four dimensions: this form
equals `jax.image.resize` and is also what every exporter and every runtime can take.
"""

import jax.numpy as jnp
import numpy as np
from einops import rearrange, reduce
from jax import lax
from jaxtyping import Array, Float

from mezzotint.arrays import Images


def sinusoidal_embedding(
    level: Float[Array, " batch"], dimensions: int, max_frequency: float
) -> Float[Array, "batch dimensions"]:
    """Sines, then cosines, of 2 pi f level for frequencies f log-spaced from 1 to `max_frequency`.

    The embedding of the Keras DDIM example, after Vaswani et al., arXiv:1706.03762, section 3.5.
    """
    frequencies = jnp.asarray(np.geomspace(1.0, max_frequency, dimensions // 2), level.dtype)
    turns = level[:, None] * frequencies
    angles = 2 * jnp.pi * (turns - jnp.floor(turns))  # runtimes differ in the sines of large angles
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)


def spread(
    embedding: Float[Array, "batch dimensions"], like: Images
) -> Float[Array, "batch height width dimensions"]:
    """The same vector at every pixel of `like`; a product with ones, which exporters understand."""
    return rearrange(embedding, "b c -> b 1 1 c") * jnp.ones_like(like[..., :1])


def average_pool(x: Images) -> Float[Array, "batch height//2 width//2 channels"]:
    """The mean of each 2x2 block."""
    return reduce(x, "b (h 2) (w 2) c -> b h w c", "mean")


def upsample(x: Images) -> Float[Array, "batch 2*height 2*width channels"]:
    """Twice as high and wide, bilinear with half-pixel centres and clamped edges."""
    above, below = _neighbours(x, axis=1)
    rows = _interleave_rows(0.75 * x + 0.25 * above, 0.75 * x + 0.25 * below)
    left, right = _neighbours(rows, axis=2)
    return _interleave_columns(0.75 * rows + 0.25 * left, 0.75 * rows + 0.25 * right)


def _neighbours(x: Images, axis: int) -> tuple[Images, Images]:
    """The pixel before and the pixel after each one of an axis, an edge being its own neighbour."""
    size = x.shape[axis]
    part = lambda start, stop: lax.slice_in_dim(x, start, stop, axis=axis)  # noqa: E731
    before = jnp.concatenate([part(0, 1), part(0, size - 1)], axis=axis)
    return before, jnp.concatenate([part(1, size), part(size - 1, size)], axis=axis)


def _interleave_rows(even: Images, odd: Images) -> Float[Array, "batch 2*height width channels"]:
    batch, height, width, channels = even.shape
    return jnp.concatenate([even, odd], axis=2).reshape(batch, 2 * height, width, channels)


def _interleave_columns(even: Images, odd: Images) -> Float[Array, "batch height 2*width channels"]:
    batch, height, width, channels = even.shape
    return jnp.concatenate([even, odd], axis=3).reshape(batch, height, 2 * width, channels)
