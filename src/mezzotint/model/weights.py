"""Weights that leave a run: one safetensors file, its names those of the network's variables.

params/stem/kernel, ..., batch_stats/down0_0/norm/mean, ..., pixels/mean, pixels/variance
"""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialize

from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.model.bind import init_variables
from mezzotint.networks.ensemble import parted
from mezzotint.runs.shapes import first_unlike, shapes

VERSION = "1"

Tree = Any


def abstract_ema(config: Config) -> Tree:
    """The shapes of a model's `variables` and `pixels`, placed on the first device."""
    variables = jax.eval_shape(partial(init_variables, config), jax.random.key(0))
    channels = jax.ShapeDtypeStruct((config.channels,), jnp.float32)
    tree = {"variables": variables, "pixels": {"mean": channels, "variance": channels}}
    device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    return jax.tree.map(lambda leaf: leaf.update(sharding=device), tree)


def normalises_batches(config: Config) -> bool:
    """Whether the network has batch statistics, so that it looks at a batch as a whole."""
    return bool(jax.tree.leaves(abstract_ema(config)["variables"]["batch_stats"]))


def abstract_checkpoint(config: Config) -> Tree:
    """The shapes of what a checkpoint's `ema` holds: of an ensemble, its members' stacked."""
    one = abstract_ema(config.of_a_member)
    if not config.members:
        return one
    return jax.tree.map(lambda leaf: leaf.update(shape=(config.members, *leaf.shape)), one)


def from_checkpoint(config: Config, ema: Tree) -> tuple[Tree, PixelStatistics]:
    """The variables and the pixel statistics of what a checkpoint's `ema` holds."""
    variables, pixels = ema["variables"], PixelStatistics(**ema["pixels"])
    if not config.members:
        return variables, pixels
    return parted(variables, config.members), jax.tree.map(lambda each: each.mean(0), pixels)


def write(path: Path, variables: Tree, pixels: PixelStatistics) -> None:
    """Writes the file whole or not at all."""
    tensors = {name: np.asarray(leaf) for name, leaf in _flat(variables, pixels).items()}
    write_whole(path, serialize(tensors, {"format": "mezzotint", "version": VERSION}))


def read(path: Path, config: Config) -> tuple[Tree, PixelStatistics]:
    """The variables and the pixel statistics in a file.

    Raises:
        UserError: it is damaged, of another version, or of another network than the configuration's.
    """
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
    return {"batch_stats": {}, **tree}, statistics


def digest(variables: Tree, pixels: PixelStatistics) -> str:
    """The SHA-256 of all names, shapes and values."""
    found = hashlib.sha256()
    for name, leaf in sorted(_flat(variables, pixels).items()):
        array = np.asarray(leaf)
        found.update(f"{name} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return found.hexdigest()


def _flat(variables: Tree, pixels: PixelStatistics) -> dict[str, Any]:
    """{"params/stem/kernel": ..., "pixels/mean": ...}."""
    return flatten_dict({**variables, "pixels": pixels._asdict()}, sep="/")


def _demand_fit(path: Path, tensors: dict[str, np.ndarray], config: Config) -> None:
    """Raises a `UserError` where the weights are not those of the configuration's network."""
    ema = abstract_ema(config)
    asked, found = shapes({**ema["variables"], "pixels": ema["pixels"]}), shapes(tensors)
    name = first_unlike(found, asked)
    if name is not None:
        raise UserError(
            f"{path} does not fit its config.json: {name} has shape {found.get(name)}, "
            f"and the network asks for {asked.get(name)}"
        )
