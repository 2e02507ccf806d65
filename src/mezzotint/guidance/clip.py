"""Image estimates brought back into the range of pixels; the noise estimate follows.

Guidance pushes estimates beyond what pixels can be, and a network asked about them has never seen their
like: Saharia et al., arXiv:2205.11487, section 2.3. A rule is a frozen dataclass whose call takes and
gives pixels scaled so that their range is [-1, 1].
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax.numpy as jnp

from mezzotint.arrays import Images, Times
from mezzotint.core.pixels import PixelStatistics, encode, unclipped
from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Schedule, per_image


@runtime_checkable
class Clip(Protocol):
    """How pixels are brought into [-1, 1]."""

    def __call__(self, signed: Images) -> Images:
        """Pixels anywhere -> pixels in [-1, 1]."""
        ...


@dataclass(frozen=True)
class Static:
    """Each pixel by itself, to the end of the range that it has passed."""

    def __call__(self, signed: Images) -> Images:
        """Pixels in [-1, 1]."""
        return jnp.clip(signed, -1, 1)


@dataclass(frozen=True)
class Dynamic:
    """Each picture by its own spread: clipped to [-s, s] and divided by s, where s is above 1.

    Attributes:
        percentile: s is this percentile of the picture's absolute pixels, in [0, 100].
    """

    percentile: float = 99.5

    def __call__(self, signed: Images) -> Images:
        """Pixels in [-1, 1]; a picture that is there already stays as it is."""
        spread = jnp.percentile(jnp.abs(signed), self.percentile, axis=(1, 2, 3))
        bound = per_image(jnp.maximum(spread, 1))
        return jnp.clip(signed, -bound, bound) / bound


def clipped(denoise: Denoiser, schedule: Schedule, pixels: PixelStatistics, clip: Clip) -> Denoiser:
    """A denoiser whose image estimates are within the range of pixels."""

    def within_range(x: Images, t: Times) -> Estimate:
        signed = 2 * unclipped(denoise(x, t).image, pixels) - 1
        return with_image(schedule(t), x, encode((clip(signed) + 1) / 2, pixels))

    return within_range
