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
from mezzotint.core.grid import Grid
from mezzotint.core.labels import NONE, Labels
from mezzotint.core.pixels import PixelStatistics, decode, encode
from mezzotint.core.prediction import Denoiser
from mezzotint.editing.invert import inverted
from mezzotint.editing.plan import Edits, Plan, edited
from mezzotint.errors import UserError
from mezzotint.model import weights
from mezzotint.model.choose import Asked, chosen
from mezzotint.model.guidance import UNGUIDED, Guidance, guided, sound
from mezzotint.runs import tuned
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.tuned import Tuned, find
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler

BATCH = 64  # pictures made at once
DDIM = Ddim()

Tree = Any


@partial(
    jax.tree_util.register_dataclass, data_fields=["variables", "pixels"], meta_fields=["config", "tuned"]
)
@dataclasses.dataclass(frozen=True)
class Model:
    """Averaged weights and what is needed to sample from them; a pytree of its arrays.

    Attributes:
        config: the configuration of the run, its channels and classes known.
        variables: {"params": ..., "batch_stats": ...} of the network.
        pixels: the statistics that normalise pixels.
        tuned: the grids that were fitted to it.
    """

    config: Config
    variables: Tree
    pixels: PixelStatistics
    tuned: tuple[Tuned, ...] = ()

    @property
    def digest(self) -> str:
        """Of the weights and the pixel statistics: what tells models of one network apart."""
        return weights.digest(self.variables, self.pixels)

    def denoiser(self, labels: Labels | None = None, guidance: Guidance = UNGUIDED) -> Denoiser:
        """(noisy images, times) -> estimates, in normalised pixels, with the weights bound.

        May be called under jit, with the model, the labels and the guidance as arguments.

        Args:
            labels: numbers, one a picture of the batch, -1 for none; None where no picture has one.
            guidance: how the estimates are guided; `sound` says whether it suits the model.
        """
        return guided(self, labels, guidance)

    def grid(self, sampler: Sampler, steps: int) -> Grid:
        """The grid tuned for a sampler and a number of steps, or the configuration's."""
        found = find(self.tuned, sampler, steps)
        return found.grid if found else self.config.grid

    def sample(
        self,
        count: int,
        steps: int | None = None,
        seed: int = 0,
        *,
        labels: Asked = None,
        guidance: Guidance = UNGUIDED,
        edits: Edits = (),
        first: int = 0,
        batch_size: int = BATCH,
        sampler: Sampler | None = None,
        grid: Grid | None = None,
    ) -> Float[np.ndarray, "count height width channels"]:
        """Pictures in [0, 1].

        Args:
            count: how many.
            steps: sampling times of a picture; None for the configuration's.
            seed: of the noise.
            labels: the classes, by name or number, one for all pictures or one for each; None for
                pictures of no class in particular.
            guidance: how estimates are guided.
            edits: what is changed, in order (see `mezzotint.edits`); of an edit that holds something for
                each picture, one batch must hold them all.
            first: the index of the first picture: 8 pictures from 8 on are the second half of 16.
            batch_size: how many are made at once; it does not change them.
            sampler: the method; None for the configuration's.
            grid: the times; None for those that were tuned for the sampler and the steps or, where there
                are none, for the configuration's.

        Raises:
            UserError: a number out of range, an unknown class, or guidance that the model cannot take.
        """
        method, guidance = sampler or self.config.sampler, sound(self.config, guidance)
        times = self._times(method, steps, grid)
        batches = [
            _pictures(method, self, guidance, edits, times, batch)
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
        edits: Edits = (),
        grid: Grid | None = None,
    ) -> tuple[Float[np.ndarray, "steps count height width channels"], ...]:
        """The noisy images and the image estimates at each step, in [0, 1].

        The last estimates are the pictures that `sample` gives for the same arguments.
        """
        method, guidance = sampler or self.config.sampler, sound(self.config, guidance)
        times = self._times(method, steps, grid)
        frames = 1 << (self._steps(steps) - 1).bit_length()  # so that most counts share one program
        (batch,) = _batches(seed, 0, chosen(self.config, labels, count), count)
        number, *shown = _frames(method, frames, self, guidance, edits, times, batch)
        return tuple(np.asarray(each)[:number] for each in shown)

    def invert(
        self,
        images: Float[np.ndarray, "count height width channels"],
        steps: int | None = None,
        sampler: Sampler = DDIM,
        *,
        labels: Asked = None,
        guidance: Guidance = UNGUIDED,
        grid: Grid | None = None,
    ) -> Images:
        """The noise, normalised, from which the same sampler makes these pictures in as many steps.

        Args:
            images: in [0, 1], of the model's shape.
            steps: sampling times; None for the configuration's.
            sampler: the method: one of single steps that adds no noise.
            labels: as for `sample`.
            guidance: as for `sample`.
            grid: as for `sample`.

        Raises:
            UserError: as for `sample`, for another sampler, and where no such noise is found.
        """
        times = self._times(sampler, steps, grid)
        (batch,) = _batches(0, 0, chosen(self.config, labels, len(images)), len(images))
        noise = _inverted(sampler, self, sound(self.config, guidance), times, batch, jnp.asarray(images))
        if not bool(jnp.isfinite(noise).all()):
            raise UserError(
                "no noise was found from which this picture is made: take more steps, or train longer"
            )
        return noise

    def save(self, folder: str | Path) -> Path:
        """Writes model.safetensors, config.json and tuned grids, which `load` takes; gives the folder."""
        place = RunFolder(Path(folder))
        place.write_config(self.config)
        weights.write(place.weights, self.variables, self.pixels)
        if self.tuned:
            tuned.write(place.tuned, self.tuned)
        return place.path

    def _times(self, sampler: Sampler, steps: int | None, grid: Grid | None = None) -> loop.Times:
        count = self._steps(steps)
        return loop.times(grid or self.grid(sampler, count), self.config.schedule, count)

    def _steps(self, asked: int | None) -> int:
        return self.config.sampling_steps if asked is None else asked


class Batch(NamedTuple):
    """What the pictures of a batch are functions of."""

    keys: Keys
    labels: Labels


def planned(sampler: Sampler, model: Model, guidance: Guidance, times: loop.Times, batch: Batch) -> Plan:
    """What the loop is given to make the pictures of a batch."""
    config = model.config
    x = loop.initial_noise(config.schedule, batch.keys, config.picture_shape)
    denoise = model.denoiser(batch.labels, guidance)
    return Plan(denoise, config.schedule, sampler, times, x, batch.keys)


@partial(jax.jit, static_argnums=0)
def _pictures(
    sampler: Sampler, model: Model, guidance: Guidance, edits: Edits, times: loop.Times, batch: Batch
) -> Images:
    plan = edited(planned(sampler, model, guidance, times, batch), edits)
    return decode(loop.sample(*plan), model.pixels)


@partial(jax.jit, static_argnums=(0, 1))
def _frames(
    sampler: Sampler,
    frames: int,
    model: Model,
    guidance: Guidance,
    edits: Edits,
    times: loop.Times,
    batch: Batch,
) -> tuple[Array, ...]:
    plan = edited(planned(sampler, model, guidance, times, batch), edits)
    shown = loop.trajectory(*plan, frames)
    return plan.times.number, *(jax.vmap(decode, (0, None))(each, model.pixels) for each in shown)


@partial(jax.jit, static_argnums=0)
def _inverted(
    sampler: Sampler, model: Model, guidance: Guidance, times: loop.Times, batch: Batch, images: Images
) -> Images:
    return inverted(planned(sampler, model, guidance, times, batch), encode(images, model.pixels))


def _batches(seed: int, first: int, labels: Int[np.ndarray, " count"], batch_size: int) -> list[Batch]:
    """The pictures from `first` on, one a label, in batches of one size, the last too long."""
    count = len(labels)
    if count < 1 or batch_size < 1:
        raise UserError(f"the number of pictures must be at least 1, not {min(count, batch_size)}")
    size = min(count, batch_size)
    starts = range(0, count, size)
    filled = jnp.pad(labels, (0, len(starts) * size - count), constant_values=NONE)
    return [Batch(loop.keys(seed, first + at, size), filled[at : at + size]) for at in starts]
