"""Models from disk: the newest checkpoint of a run, one that is asked for, or weights that have left it."""

import warnings
from pathlib import Path

from mezzotint import runtime
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.errors import UserError
from mezzotint.model.model import Model
from mezzotint.model.weights import Tree, abstract_checkpoint, from_checkpoint, read
from mezzotint.runs import checkpoint, tuned
from mezzotint.runs.checkpoint import Checkpoint
from mezzotint.runs.folder import RunFolder


def load(path: str | Path, step: int | None = None) -> Model:
    """The model of a run folder, or of a folder with config.json and model.safetensors alone.

    Args:
        path: the folder.
        step: of the checkpoint; None for the newest that can be read.

    Raises:
        UserError: no run, no such checkpoint, or files that do not fit together.
    """
    runtime.prepare()
    folder = RunFolder(Path(path).expanduser())
    config = folder.read_config()
    if config.channels is None or config.classes is None:
        field, values = ("classes", "their number") if config.channels else ("channels", "1 or 3")
        raise UserError(f"{folder.config} does not say the {field}: set them to {values}")
    return Model(config, *_weights(folder, config, step), tuned.read(folder.tuned))


def _weights(folder: RunFolder, config: Config, step: int | None) -> tuple[Tree, PixelStatistics]:
    """A network's variables and the pixel statistics, from wherever the folder has them."""
    if step is not None:
        return from_checkpoint(config, _checkpoint(folder, config, step).trees["ema"])
    if checkpoint.steps(folder.checkpoints):
        return from_checkpoint(config, _newest(folder, config).trees["ema"])
    if folder.weights.exists():
        return read(folder.weights, config)
    raise UserError(f"{folder.path} has no checkpoint yet: train it for longer, then try again")


def _newest(folder: RunFolder, config: Config) -> Checkpoint:
    found, damaged = checkpoint.newest(folder.checkpoints, {"ema": abstract_checkpoint(config)})
    for damage in damaged:
        warnings.warn(
            f"checkpoint {damage.step} of {folder.path} is damaged ({damage.reason}); using the one before",
            stacklevel=3,
        )
    if found is None:
        raise UserError(f"no checkpoint in {folder.checkpoints} can be read: {damaged[0].reason}")
    return found


def _checkpoint(folder: RunFolder, config: Config, step: int) -> Checkpoint:
    steps = checkpoint.steps(folder.checkpoints)
    if step not in steps:
        there = f"there are: {', '.join(map(str, sorted(steps)))}" if steps else "it has none"
        raise UserError(f"{folder.path} has no checkpoint {step}; {there}")
    try:
        return checkpoint.read(folder.checkpoints, step, {"ema": abstract_checkpoint(config)})
    except ValueError as error:
        raise UserError(f"checkpoint {step} of {folder.path} is damaged: {error}") from None
