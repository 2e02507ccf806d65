"""A trained model: its configuration, its averaged weights, and the pixel statistics.

    model = mezzotint.load("runs/x")
    pictures = model.sample(16, steps=20, seed=0)      # float32 (16, height, width, channels) in [0, 1]

Picture i of a seed is a function of the weights, the seed and i alone, whatever the batch it is made in.
"""

import dataclasses
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Array, Float
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialize

from mezzotint import runtime
from mezzotint.arrays import Images, Key, Keys
from mezzotint.config import Config
from mezzotint.core.augmentation import LABELS
from mezzotint.core.grid import Grid
from mezzotint.core.pixels import PixelStatistics, decode
from mezzotint.core.prediction import Denoiser, denoiser
from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.networks.condition import Condition
from mezzotint.runs import checkpoint, tuned
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.tuned import Tuned, find
from mezzotint.sampling import loop
from mezzotint.sampling.method import Sampler

VERSION = "1"
BATCH = 64  # pictures made at once

Tree = Any


@partial(
    jax.tree_util.register_dataclass, data_fields=["variables", "pixels"], meta_fields=["config", "tuned"]
)
@dataclasses.dataclass(frozen=True)
class Model:
    """Averaged weights and what is needed to sample from them; a pytree of its arrays.

    Attributes:
        config: the configuration of the run, its channels known.
        variables: {"params": ..., "batch_stats": ...} of the network.
        pixels: the statistics that normalise pixels.
        tuned: the grids that were fitted to it.
    """

    config: Config
    variables: Tree
    pixels: PixelStatistics
    tuned: tuple[Tuned, ...] = ()

    def denoiser(self) -> Denoiser:
        """(noisy images, times) -> estimates, in normalised pixels, with the weights bound."""
        return bind(self.config, self.variables)

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
        first: int = 0,
        batch_size: int = BATCH,
        sampler: Sampler | None = None,
        grid: Grid | None = None,
    ) -> Float[np.ndarray, "count height width channels"]:
        """Pictures in [0, 1].

        Args:
            count: how many.
            steps: network evaluations a picture; None for the configuration's.
            seed: of the noise.
            first: the index of the first picture: 8 pictures from 8 on are the second half of 16.
            batch_size: how many are made at once; it does not change them.
            sampler: the method; None for the configuration's.
            grid: the times; None for those that were tuned for the sampler and the steps or, where there
                are none, for the configuration's.

        Raises:
            UserError: a count or a number of steps out of range.
        """
        method, steps = sampler or self.config.sampler, self._steps(steps)
        times = loop.times(grid or self.grid(method, steps), self.config.schedule, steps)
        batches = [
            _pictures(self.config, method, self.variables, self.pixels, times, keys)
            for keys in _batches(seed, first, count, batch_size)
        ]
        return np.concatenate([np.asarray(batch) for batch in batches])[:count]

    def trajectory(
        self, count: int, steps: int | None = None, seed: int = 0, sampler: Sampler | None = None
    ) -> tuple[Float[np.ndarray, "steps count height width channels"], ...]:
        """The noisy images and the image estimates at each step, in [0, 1].

        The last estimates are the pictures that `sample` gives for the same arguments.
        """
        method, steps = sampler or self.config.sampler, self._steps(steps)
        times = loop.times(self.grid(method, steps), self.config.schedule, steps)
        frames = 1 << (steps - 1).bit_length()  # so that most counts share one compiled program
        (keys,) = _batches(seed, 0, count, count)
        shown = _frames(self.config, method, frames, self.variables, self.pixels, times, keys)
        return tuple(np.asarray(each)[:steps] for each in shown)

    def save(self, folder: str | Path) -> Path:
        """Writes model.safetensors, config.json and tuned grids, which `load` takes; gives the folder."""
        place = RunFolder(Path(folder))
        place.write_config(self.config)
        tensors = {name: np.asarray(leaf) for name, leaf in _flat(self.variables, self.pixels).items()}
        write_whole(place.weights, serialize(tensors, {"format": "mezzotint", "version": VERSION}))
        if self.tuned:
            tuned.write(place.tuned, self.tuned)
        return place.path

    def _steps(self, asked: int | None) -> int:
        return self.config.sampling_steps if asked is None else asked


def load(path: str | Path) -> Model:
    """The model of a run folder, or of a folder with config.json and model.safetensors alone.

    Raises:
        UserError: no run, no checkpoint yet, or files that do not fit together.
    """
    runtime.prepare()
    folder = RunFolder(Path(path).expanduser())
    config = folder.read_config()
    if config.channels is None:
        raise UserError(f"{folder.config} does not say the channels: set them to 1 or 3")
    grids = tuned.read(folder.tuned)
    if checkpoint.steps(folder.checkpoints):
        return dataclasses.replace(_from_checkpoint(folder, config), tuned=grids)
    if folder.weights.exists():
        return dataclasses.replace(_from_safetensors(folder.weights, config), tuned=grids)
    raise UserError(f"{folder.path} has no checkpoint yet: train it for longer, then try again")


def init_variables(config: Config, key: Key) -> Tree:
    """A network's first {"params": ..., "batch_stats": ...}."""
    images = jnp.zeros((1, *config.picture_shape))
    variables = config.network.init(key, images, jnp.zeros(1), untouched(config, 1), train=False)
    return {"params": variables["params"], "batch_stats": variables.get("batch_stats", {})}


def untouched(config: Config, batch: int) -> Condition:
    """What the network is told of pictures that no augmentation has changed."""
    return Condition(augment=jnp.zeros((batch, LABELS)) if config.augment else None)


def bind(config: Config, variables: Tree) -> Denoiser:
    """The denoiser of a configuration's network with these variables, batch statistics fixed."""

    def network(x: Array, t: Array) -> Array:
        level = config.level(config.schedule(t))
        output = config.network.apply(variables, x, level, untouched(config, len(x)), train=False)
        assert isinstance(output, jax.Array)
        return output

    return denoiser(network, config.schedule, config.prediction)


def abstract_ema(config: Config) -> Tree:
    """The shapes of what a checkpoint's `ema` holds, placed on the first device."""
    variables = jax.eval_shape(partial(init_variables, config), jax.random.key(0))
    channels = jax.ShapeDtypeStruct((config.channels,), jnp.float32)
    tree = {"variables": variables, "pixels": {"mean": channels, "variance": channels}}
    device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    return jax.tree.map(lambda leaf: leaf.update(sharding=device), tree)


@partial(jax.jit, static_argnums=(0, 1))
def _pictures(
    config: Config,
    sampler: Sampler,
    variables: Tree,
    pixels: PixelStatistics,
    times: loop.Times,
    keys: Keys,
) -> Images:
    x = loop.initial_noise(config.schedule, keys, config.picture_shape)
    images = loop.sample(bind(config, variables), config.schedule, sampler, times, x, keys)
    return decode(images, pixels)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _frames(
    config: Config,
    sampler: Sampler,
    frames: int,
    variables: Tree,
    pixels: PixelStatistics,
    times: loop.Times,
    keys: Keys,
) -> tuple[Array, ...]:
    x = loop.initial_noise(config.schedule, keys, config.picture_shape)
    shown = loop.trajectory(bind(config, variables), config.schedule, sampler, times, x, keys, frames)
    return tuple(jax.vmap(decode, (0, None))(each, pixels) for each in shown)


def _batches(seed: int, first: int, count: int, batch_size: int) -> list[Keys]:
    """The keys of pictures `first` to `first + count`, in batches of one size, the last too long."""
    if count < 1 or batch_size < 1:
        raise UserError(f"the number of pictures must be at least 1, not {min(count, batch_size)}")
    size = min(count, batch_size)
    return [loop.keys(seed, first + start, size) for start in range(0, count, size)]


def _flat(variables: Tree, pixels: PixelStatistics) -> dict[str, Any]:
    """{"params/stem/kernel": ..., "pixels/mean": ...}."""
    return flatten_dict({**variables, "pixels": pixels._asdict()}, sep="/")


def _from_checkpoint(folder: RunFolder, config: Config) -> Model:
    found, damaged = checkpoint.newest(folder.checkpoints, {"ema": abstract_ema(config)})
    for damage in damaged:
        warnings.warn(
            f"checkpoint {damage.step} of {folder.path} is damaged ({damage.reason}); using the one before",
            stacklevel=3,
        )
    if found is None:
        raise UserError(f"no checkpoint in {folder.checkpoints} can be read: {damaged[0].reason}")
    ema = found.trees["ema"]
    return Model(config, ema["variables"], PixelStatistics(**ema["pixels"]))


def _from_safetensors(path: Path, config: Config) -> Model:
    try:
        with safe_open(path, framework="numpy") as file:
            version = (file.metadata() or {}).get("version")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, IsADirectoryError) as error:
        raise UserError(f"{path} is damaged: {error}") from None
    if version != VERSION:
        raise UserError(f"{path} has version {version}; this program reads {VERSION}")
    _demand_fit(path, tensors, config)
    tree = jax.tree.map(jnp.asarray, unflatten_dict(tensors, sep="/"))
    statistics = PixelStatistics(**tree.pop("pixels"))
    return Model(config, {"batch_stats": {}, **tree}, statistics)


def _demand_fit(path: Path, tensors: dict[str, np.ndarray], config: Config) -> None:
    """Raises a `UserError` where the weights are not those of the configuration's network."""
    ema = abstract_ema(config)
    expected = _flat(ema["variables"], PixelStatistics(**ema["pixels"]))
    shapes = {name: leaf.shape for name, leaf in expected.items() if hasattr(leaf, "shape")}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    for name in sorted({*shapes, *found}):
        if shapes.get(name) != found.get(name):
            raise UserError(
                f"{path} does not fit its config.json: {name} has shape {found.get(name)}, "
                f"and the network asks for {shapes.get(name)}"
            )
