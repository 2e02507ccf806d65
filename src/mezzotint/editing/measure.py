"""What can be known of a picture: a linear function of it. Each is a pytree of its arrays."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from einops import reduce
from jaxtyping import Array, Bool, Float

from mezzotint.arrays import Images

Measured = Float[Array, "batch rows columns planes"]


@runtime_checkable
class Measurement(Protocol):
    """A linear function of images."""

    def __call__(self, images: Images) -> Measured:
        """What is measured of each image."""
        ...


@partial(jax.tree_util.register_dataclass, data_fields=[], meta_fields=["factor"])
@dataclass(frozen=True)
class BlockMeans:
    """The means of square blocks: the picture made smaller.

    Attributes:
        factor: the side of a block, which divides height and width.
    """

    factor: int

    def __call__(self, images: Images) -> Measured:
        """(batch, height / factor, width / factor, channels)."""
        return reduce(images, "b (h p) (w q) c -> b h w c", "mean", p=self.factor, q=self.factor)


@partial(jax.tree_util.register_dataclass, data_fields=["weights"], meta_fields=[])
@dataclass(frozen=True)
class WeightedChannels:
    """A weighted sum of the channels: the picture without its colours.

    Attributes:
        weights: one a channel.
    """

    weights: Float[Array, " channels"]

    def __call__(self, images: Images) -> Measured:
        """(batch, height, width, 1)."""
        return jnp.einsum("bhwc,c->bhw", images, self.weights)[..., None]


@partial(jax.tree_util.register_dataclass, data_fields=["known"], meta_fields=[])
@dataclass(frozen=True)
class KnownPixels:
    """Some of the pixels as they are, and 0 for the others.

    Attributes:
        known: true where a pixel is known.
    """

    known: Bool[Array, "#batch height width 1"]

    def __call__(self, images: Images) -> Measured:
        """(batch, height, width, channels)."""
        return images * self.known
