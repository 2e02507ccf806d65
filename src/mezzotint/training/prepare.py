"""Before the first step: the pictures opened, the configuration completed, the folder claimed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from mezzotint.config import Config, differences
from mezzotint.core.pixels import PixelStatistics
from mezzotint.data.objects import Items, open_object
from mezzotint.data.open import open_source, split_origin
from mezzotint.data.pipeline import sequential
from mezzotint.data.source import DataSource, Splits
from mezzotint.errors import UserError
from mezzotint.files import demand_free
from mezzotint.runs import checkpoint
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.lock import locked
from mezzotint.training.sharding import check_batch, mesh_over

STATISTICS_IMAGES = 8192  # pictures that the data set's pixel statistics are measured on, at most
# A run can be made longer, read its pictures otherwise, and lie otherwise on other devices.
MAY_CHANGE = ("steps", "epochs", "loader", "shard", "copies", "remat")


@dataclass(frozen=True)
class Plan:
    """What a run needs before it starts.

    Attributes:
        config: with `channels`, `steps` and the classes known.
        data: the opened pictures.
        mesh: the devices.
    """

    config: Config
    data: Splits
    mesh: Mesh

    @property
    def steps(self) -> int:
        """The length of the whole run."""
        assert self.config.steps is not None
        return self.config.steps


def plan(config: Config, items: Items | None = None) -> Plan:
    """Opens the pictures and completes the configuration.

    Args:
        config: what is to be trained.
        items: pictures in place of those that `config.data` names; it then says `object`.

    Raises:
        UserError: no usable picture, fewer pictures than a batch, a batch that the devices do not
            divide, or classes that the pictures do not have.
    """
    devices = mesh_over(jax.devices(), config.shard, config.copies)
    check_batch(devices, config.batch_size)
    config = config if items is None else replace(config, data="object")
    data = (
        open_source(config.data, config.fit)
        if items is None
        else split_origin(open_object(items), config.fit)
    )
    count = len(data.train)
    if count < config.batch_size:
        raise UserError(
            f"{config.data} has {count} training pictures, fewer than a batch of "
            f"{config.batch_size}: use --batch-size {max(1, count // devices.size * devices.size)} or less"
        )
    steps = config.steps or max(1, round(config.epochs * (count // config.batch_size)))
    known = replace(_with_classes(config, data), channels=data.shape[-1], steps=steps)
    return Plan(known, data, devices)


def _with_classes(config: Config, data: Splits) -> Config:
    """The configuration with the number of classes and their names, where it asks for any."""
    if config.classes == 0:
        return config
    if not data.classes:
        raise UserError(
            f"{config.data} has no labels: choose a source that has, such as folder:PATH?labels=folders with "
            "a folder for each class, or train with --classes 0"
        )
    if config.classes is not None and config.classes < data.classes:
        raise UserError(
            f"{config.data} has {data.classes} classes, more than --classes {config.classes}: "
            "use --classes None for as many as there are"
        )
    classes = config.classes or data.classes
    return replace(config, classes=classes, label_names=config.label_names or data.label_names)


def pixel_statistics(source: DataSource, extent: tuple[int, int]) -> PixelStatistics:
    """Mean and variance of each channel over the first pictures of a source, in [0, 1].

    Args:
        source: the pictures.
        extent: (height, width) of the middle that counts, where they are larger.
    """
    totals, squares, count = 0.0, 0.0, 0
    size = min(256, len(source))
    batches = sequential(source, size, size=extent)
    for batch in batches:
        kept = batch["image"][batch["weight"] > 0] / 255.0
        totals = totals + kept.sum((0, 1, 2))
        squares = squares + np.square(kept).sum((0, 1, 2))
        count += kept[..., 0].size
        if count >= STATISTICS_IMAGES * kept[0, ..., 0].size:
            break
    batches.close()
    mean = totals / count
    return PixelStatistics(
        jnp.asarray(mean, jnp.float32), jnp.asarray(squares / count - mean**2, jnp.float32)
    )


@contextmanager
def claimed(path: Path, config: Config, say: Callable[[str], None]) -> Iterator[RunFolder]:
    """The run folder as `claim` gives it, which no other run can claim meanwhile.

    Raises:
        UserError: as `claim`, or another process trains in it.
    """
    folder = RunFolder(path)
    _demand_usable(folder)
    path.mkdir(parents=True, exist_ok=True)
    with locked(folder.lock, say):
        yield claim(path, config)


def claim(path: Path, config: Config) -> RunFolder:
    """The run folder, new or of the same configuration, with config.json written.

    Raises:
        UserError: the folder holds something else, or a run of another configuration.
    """
    folder = RunFolder(path)
    _demand_usable(folder)
    if folder.config.exists():
        _demand_same(folder, config)
    if not folder.config.exists() or folder.read_config() != config:
        folder.write_config(config)  # a full disk has no room for what is there already
    return folder


def _demand_usable(folder: RunFolder) -> None:
    if not folder.config.exists():
        demand_free(folder.path, folder.lock)


def _demand_same(folder: RunFolder, config: Config) -> None:
    changed = {
        name: values
        for name, values in differences(folder.read_config(), config).items()
        if name not in MAY_CHANGE
    }
    if changed:
        listed = "; ".join(f"{name} was {old!r}, now {new!r}" for name, (old, new) in changed.items())
        raise UserError(f"--out {folder.path} holds a run of another configuration: {listed}")
    reached = next(iter(checkpoint.steps(folder.checkpoints)), 0)
    assert config.steps is not None
    if reached > config.steps:
        raise UserError(
            f"--out {folder.path} has trained for {reached} steps already, more than --steps {config.steps}"
        )
