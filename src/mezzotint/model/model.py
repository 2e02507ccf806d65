"""A trained model and the pictures that it makes."""

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from mezzotint.arrays import Images, Keys
from mezzotint.config import Config
from mezzotint.core.labels import NONE, Labels
from mezzotint.core.pixels import PixelStatistics, decode
from mezzotint.core.prediction import Denoiser
from mezzotint.errors import UserError
from mezzotint.model import weights
from mezzotint.model.choose import Asked, chosen
from mezzotint.model.guidance import UNGUIDED, Guidance, guided, sound
from mezzotint.runs.folder import RunFolder
from mezzotint.sampling import loop
from mezzotint.sampling.method import Sampler

BATCH = 64  # pictures made at once

Tree = Any


@partial(jax.tree_util.register_dataclass, data_fields=["variables", "pixels"], meta_fields=["config"])
@dataclasses.dataclass(frozen=True)
class Model:
    """Averaged weights and what is needed to sample from them; a pytree of its arrays.

    Attributes:
        config: the configuration of the run, its channels and classes known.
        variables: {"params": ..., "batch_stats": ...} of the network.
        pixels: the statistics that normalise pixels.
    """

    config: Config
    variables: Tree
    pixels: PixelStatistics

    def denoiser(self, labels: Labels | None = None, guidance: Guidance = UNGUIDED) -> Denoiser:
        """(noisy images, times) -> estimates, in normalised pixels, with the weights bound.

        May be called under jit, with the model, the labels and the guidance as arguments.

        Args:
            labels: numbers, one a picture of the batch, -1 for none; None where no picture has one.
            guidance: how the estimates are guided; `sound` says whether it suits the model.
        """
        return guided(self, labels, guidance)

    def sample(
        self,
        count: int,
        steps: int | None = None,
        seed: int = 0,
        *,
        labels: Asked = None,
        guidance: Guidance = UNGUIDED,
        first: int = 0,
        batch_size: int = BATCH,
        sampler: Sampler | None = None,
    ) -> Float[np.ndarray, "count height width channels"]:
        """Pictures in [0, 1].

        Args:
            count: how many.
            steps: network evaluations a picture; None for the configuration's.
            seed: of the noise.
            labels: the classes, by name or number, one for all pictures or one for each; None for
                pictures of no class in particular.
            guidance: how estimates are guided.
            first: the index of the first picture: 8 pictures from 8 on are the second half of 16.
            batch_size: how many are made at once; it does not change them.
            sampler: the method; None for the configuration's.

        Raises:
            UserError: a number out of range, an unknown class, or guidance that the model cannot take.
        """
        times = loop.times(self.config.grid, self.config.schedule, self._steps(steps))
        method, guidance = sampler or self.config.sampler, sound(self.config, guidance)
        batches = [
            _pictures(method, self, guidance, times, batch)
            for batch in _batches(seed, first, chosen(self.config, labels, count), batch_size)
        ]
        return np.concatenate([np.asarray(batch) for batch in batches])[:count]

    def trajectory(
        self,
        count: int,
        steps: int | None = None,
        seed: int = 0,
        sampler: Sampler | None = None,
        *,
        labels: Asked = None,
        guidance: Guidance = UNGUIDED,
    ) -> tuple[Float[np.ndarray, "steps count height width channels"], ...]:
        """The noisy images and the image estimates at each step, in [0, 1].

        The last estimates are the pictures that `sample` gives for the same arguments.
        """
        steps = self._steps(steps)
        times = loop.times(self.config.grid, self.config.schedule, steps)
        frames = 1 << (steps - 1).bit_length()  # so that most counts share one compiled program
        (batch,) = _batches(seed, 0, chosen(self.config, labels, count), count)
        method, guidance = sampler or self.config.sampler, sound(self.config, guidance)
        shown = _frames(method, frames, self, guidance, times, batch)
        return tuple(np.asarray(each)[:steps] for each in shown)

    def save(self, folder: str | Path) -> Path:
        """Writes model.safetensors and config.json, which `load` takes; gives the folder."""
        place = RunFolder(Path(folder))
        place.write_config(self.config)
        weights.write(place.weights, self.variables, self.pixels)
        return place.path

    def _steps(self, asked: int | None) -> int:
        return self.config.sampling_steps if asked is None else asked


class Batch(NamedTuple):
    """What the pictures of a batch are functions of."""

    keys: Keys
    labels: Labels


@partial(jax.jit, static_argnums=0)
def _pictures(sampler: Sampler, model: Model, guidance: Guidance, times: loop.Times, batch: Batch) -> Images:
    config = model.config
    x = loop.initial_noise(config.schedule, batch.keys, config.picture_shape)
    denoise = model.denoiser(batch.labels, guidance)
    images = loop.sample(denoise, config.schedule, sampler, times, x, batch.keys)
    return decode(images, model.pixels)


@partial(jax.jit, static_argnums=(0, 1))
def _frames(
    sampler: Sampler, frames: int, model: Model, guidance: Guidance, times: loop.Times, batch: Batch
) -> tuple[Array, ...]:
    config = model.config
    x = loop.initial_noise(config.schedule, batch.keys, config.picture_shape)
    denoise = model.denoiser(batch.labels, guidance)
    shown = loop.trajectory(denoise, config.schedule, sampler, times, x, batch.keys, frames)
    return tuple(jax.vmap(decode, (0, None))(each, model.pixels) for each in shown)


def _batches(seed: int, first: int, labels: Int[np.ndarray, " count"], batch_size: int) -> list[Batch]:
    """The pictures from `first` on, one a label, in batches of one size, the last too long."""
    count = len(labels)
    if count < 1 or batch_size < 1:
        raise UserError(f"the number of pictures must be at least 1, not {min(count, batch_size)}")
    size = min(count, batch_size)
    starts = range(0, count, size)
    filled = jnp.pad(labels, (0, len(starts) * size - count), constant_values=NONE)
    return [Batch(loop.keys(seed, first + at, size), filled[at : at + size]) for at in starts]
