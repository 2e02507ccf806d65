"""Fresh noise: standard normal, each image's from its own key; and how much of it there is."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys


def noise(keys: Keys, shape: tuple[int, ...]) -> Images:
    """Noise for images of `shape` (height, width, channels), one key an image."""
    return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)


def std(variance: Array) -> Array:
    """The square root; 0, and flat, where rounding or rising times make the variance negative."""
    positive = variance > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, variance, 1)), 0)
