"""The features of the Keras DDIM example's KID: those of Keras' InceptionV3 for pictures of 75 x 75.

The network was trained on ImageNet at 299 x 299; 75 is the least side that it has room for. Its last blocks
then see a single pixel, where the FID network's one maximum is the mean that Keras takes: with Keras' weights
the FID network is Keras' network.

How a picture is put in is the example's, and numbers made otherwise cannot be compared: float32 in [0, 1],
one channel spread to three, any extent brought to 75 x 75 by a bilinear filter (pixels standing at their
centres, not antialiased where it shrinks), then 2 x - 1. Nothing is rounded, and nothing is clipped.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images
from mezzotint.metrics.inception import EXACT, WIDTH, pooled

SIDE = 75  # pixels


@jax.jit
def prepared(images: Images) -> Float[Array, "batch 75 75 3"]:
    """Pictures in [0, 1] as the network takes them; another extent compiles this alone again."""
    batch, _, _, channels = images.shape
    extent = (batch, SIDE, SIDE, channels)
    resized = jax.image.resize(images, extent, "linear", antialias=False, precision=EXACT)
    return 2 * jnp.broadcast_to(resized, (batch, SIDE, SIDE, 3)) - 1


@dataclass(frozen=True)
class KerasInceptionFeatures:
    """The extractor `keras-inception-75`, if the weights are Keras'.

    Attributes:
        variables: {"params": ...} of the network.
        name: what numbers are marked with.
        version: counts changes of the weights and of how pictures are put in.
    """

    variables: Any
    name: str = "keras-inception-75"
    version: str = "1"

    @property
    def dimensions(self) -> int:
        """2,048."""
        return WIDTH

    def __call__(self, images: Images) -> Float[Array, "batch 2048"]:
        """The features of pictures in [0, 1], of any extent, with one channel or three."""
        return pooled(self.variables, prepared(images))
