"""Bits per dimension: how many bits a model needs for each value of a picture, with a standard error.

    found = mezzotint.bits_per_dimension(model, pictures)      # uint8 (count, height, width, channels)
    print(f"{found.mean:.3f} +- {found.error:.3f} bits/dim")

It is an upper bound, under a model that `sampling/bound.py` states. The width of that model's last noise
is the best of a few for these pictures, and the bits that name it are counted. Everything random, the noise
and the probes, is a function of the seed and of a picture's place alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import log, prod

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from mezzotint.arrays import Bytes, Keys
from mezzotint.core.labels import Labels
from mezzotint.errors import UserError
from mezzotint.model import Model
from mezzotint.model.choose import Asked, chosen
from mezzotint.sampling import loop
from mezzotint.sampling.bound import WIDTHS, Lengths, lengths
from mezzotint.sampling.likelihood import EVALUATIONS

BATCH = 32  # pictures measured at once
STEPS = 20

Pictures = UInt8[np.ndarray, "count height width channels"]


@dataclass(frozen=True)
class Bits:
    """Bits per dimension of each picture, in two parts.

    Attributes:
        noisy: for the picture at the noise of t = 0.
        last: for the picture, once that is known.
        evaluations: of the network, a picture.
    """

    noisy: Float[np.ndarray, " count"]
    last: Float[np.ndarray, " count"]
    evaluations: int

    @property
    def mean(self) -> float:
        """Of all pictures."""
        return float(np.mean(self.noisy + self.last))

    @property
    def error(self) -> float:
        """The mean's standard error: the choice of pictures, of noise and of probes together."""
        each = self.noisy + self.last
        return float(np.std(each, ddof=1) / np.sqrt(len(each)))


def bits_per_dimension(
    model: Model,
    pictures: Pictures,
    labels: Asked = None,
    *,
    steps: int = STEPS,
    probes: int = 1,
    seed: int = 0,
    batch_size: int = BATCH,
    seen: Callable[[int], None] = lambda count: None,
) -> Bits:
    """How many bits a model takes for each value of these pictures, at most.

    Args:
        model: the model.
        pictures: in its shape, at least two.
        labels: their classes, by name or number, one for all or one for each; None for no class in
            particular.
        steps: Runge-Kutta steps of four network evaluations each.
        probes: of the trace, for each picture and evaluation.
        seed: of noise and probes.
        batch_size: how many are measured at once; it does not change what is found.
        seen: called with the number of pictures just done.

    Raises:
        UserError: pictures of another shape or fewer than two, an unknown class, or a number out of range.
    """
    _check(model, pictures, steps, probes, batch_size)
    size, found = min(batch_size, len(pictures)), []
    numbers = chosen(model.config, labels, len(pictures))
    for start in range(0, len(pictures), size):
        places = np.arange(start, start + size) % len(pictures)  # the last batch is filled up
        keys = loop.keys(seed, start, size)
        batch = _lengths(probes, model, pictures[places], numbers[places], keys, jnp.asarray(steps))
        found.append(jax.tree.map(np.asarray, batch))
        seen(min(size, len(pictures) - start))
    whole = jax.tree.map(lambda *parts: np.concatenate(parts, 1)[:, : len(pictures)], *found)
    return _bits(whole, prod(pictures.shape[1:]), steps * EVALUATIONS + 1)


def _bits(found: Lengths, dimensions: int, evaluations: int) -> Bits:
    """Nats for each width as bits per dimension at the best one."""
    totals = found.last.sum(1)
    named = log(len(WIDTHS)) / found.last.shape[1]
    unit = dimensions * log(2)
    best = np.asarray(found.last[totals.argmin()]) + named
    return Bits(np.asarray(found.noisy).mean(0) / unit, best / unit, evaluations)


@partial(jax.jit, static_argnums=0)
def _lengths(
    probes: int, model: Model, pictures: Bytes, labels: Labels, keys: Keys, steps: Int[Array, ""]
) -> Lengths:
    schedule, denoise = model.config.schedule, model.denoiser(labels)
    return lengths(denoise, schedule, model.pixels, pictures, keys, steps, probes)


def _check(model: Model, pictures: Pictures, steps: int, probes: int, batch_size: int) -> None:
    """Raises a `UserError` for a number out of range, or pictures that are not the model's."""
    if min(steps, probes, batch_size) < 1:
        raise UserError("the numbers of steps, of probes and of pictures at once must be at least 1")
    if len(pictures) < 2:
        raise UserError(f"a standard error takes at least 2 pictures, not {len(pictures)}")
    if pictures.dtype != np.uint8 or pictures.shape[1:] != model.config.picture_shape:
        raise UserError(
            f"the model's pictures are uint8 {model.config.picture_shape}, "
            f"not {pictures.dtype} {pictures.shape[1:]}"
        )
