"""Pixels in [0, 1] <-> the normalised images that the mathematics works on.

    normalised = (pixels - mean) / sqrt(variance + EPSILON), a channel at a time.

Where mean and variance come from is the configuration's choice: from the batch in training and running
averages afterwards (the article: a BatchNorm without scale and bias), from the whole data set, or fixed
so that [0, 1] becomes [-1, 1]. The statistics travel in the checkpoint.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Bytes, Images

EPSILON = 1e-5  # flax's BatchNorm
MOMENTUM = 0.99  # flax's BatchNorm


class PixelStatistics(NamedTuple):
    """Mean and variance of each channel, of pixels in [0, 1]."""

    mean: Float[Array, " channels"]
    variance: Float[Array, " channels"]


@runtime_checkable
class Pixels(Protocol):
    """Where the statistics come from."""

    def initial(self, dataset: PixelStatistics) -> PixelStatistics:
        """The statistics before the first step, given those of the training pictures."""
        ...

    def in_training(
        self, running: PixelStatistics, pixels: Images
    ) -> tuple[PixelStatistics, PixelStatistics]:
        """(statistics to normalise this batch with, the new running statistics)."""
        ...


@dataclass(frozen=True)
class BatchPixels:
    """The article's BatchNorm: the batch's statistics in training, running averages afterwards."""

    def initial(self, dataset: PixelStatistics) -> PixelStatistics:
        """Mean 0 and variance 1, as flax's BatchNorm begins."""
        return PixelStatistics(jnp.zeros_like(dataset.mean), jnp.ones_like(dataset.variance))

    def in_training(
        self, running: PixelStatistics, pixels: Images
    ) -> tuple[PixelStatistics, PixelStatistics]:
        """(the batch's statistics, the running ones moved 1 % towards them)."""
        batch = measure(pixels)
        moved = (MOMENTUM * old + (1 - MOMENTUM) * new for old, new in zip(running, batch, strict=True))
        return batch, PixelStatistics(*moved)


@dataclass(frozen=True)
class DatasetPixels:
    """The training pictures' statistics, measured once before the first step."""

    def initial(self, dataset: PixelStatistics) -> PixelStatistics:
        """The data set's own statistics."""
        return dataset

    def in_training(
        self, running: PixelStatistics, pixels: Images
    ) -> tuple[PixelStatistics, PixelStatistics]:
        """The same statistics always."""
        return running, running


@dataclass(frozen=True)
class FixedPixels:
    """[0, 1] becomes [-1, 1]: mean 1/2, standard deviation 1/2."""

    def initial(self, dataset: PixelStatistics) -> PixelStatistics:
        """Statistics under which the normalisation is 2 * pixels - 1."""
        half = jnp.full_like(dataset.mean, 0.5)
        return PixelStatistics(half, half**2 - EPSILON)

    def in_training(
        self, running: PixelStatistics, pixels: Images
    ) -> tuple[PixelStatistics, PixelStatistics]:
        """The same statistics always."""
        return running, running


def measure(pixels: Images) -> PixelStatistics:
    """The biased mean and variance of each channel over batch, height and width."""
    return PixelStatistics(pixels.mean((0, 1, 2)), pixels.var((0, 1, 2)))


def from_bytes(images: Bytes) -> Images:
    """uint8 in [0, 255] -> float32 in [0, 1]."""
    return images.astype(jnp.float32) / 255


def scale(statistics: PixelStatistics) -> Float[Array, " channels"]:
    """The size of a normalised unit, of pixels in [0, 1]."""
    return jnp.sqrt(statistics.variance + EPSILON)


def encode(pixels: Images, statistics: PixelStatistics) -> Images:
    """[0, 1] -> normalised."""
    return (pixels - statistics.mean) / scale(statistics)


def unclipped(images: Images, statistics: PixelStatistics) -> Images:
    """Normalised -> pixels, which may lie outside [0, 1]."""
    return images * scale(statistics) + statistics.mean


def decode(images: Images, statistics: PixelStatistics) -> Images:
    """Normalised -> [0, 1], clipped."""
    return jnp.clip(unclipped(images, statistics), 0, 1)
