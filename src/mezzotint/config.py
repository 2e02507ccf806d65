"""A run's whole configuration: frozen dataclasses, a JSON codec, and the tables of names.

Every choice that has a name on the command line or in `config.json` stands in `KINDS`, once. A value is
written as `{"kind": name, **fields}`; reading an unknown kind or field is a `UserError` that names it.
"""

import dataclasses
import json
import types
import typing
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

import flax.linen as nn

from mezzotint.core import grid as grids
from mezzotint.core import level as levels
from mezzotint.core import objective as objectives
from mezzotint.core import pixels as pixel
from mezzotint.core import prediction as predictions
from mezzotint.core import schedule as schedules
from mezzotint.errors import UserError
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.unet import UNet
from mezzotint.sampling.ddim import Ddim

VERSION = 1

KINDS: dict[str, dict[str, type]] = {
    "network": {"article-unet": ArticleUNet, "unet": UNet},
    "schedule": {
        "cosine": schedules.Cosine,
        "linear": schedules.Linear,
        "log-snr": schedules.LogSnr,
        "karras": schedules.Karras,
        "straight": schedules.Straight,
    },
    "prediction": {
        "noise": predictions.Noise,
        "image": predictions.Image,
        "velocity": predictions.Velocity,
        "flow": predictions.Flow,
        "preconditioned": predictions.Preconditioned,
    },
    "level": {"variance": levels.Variance, "angle": levels.Angle, "log-ratio": levels.LogRatio},
    "pixels": {
        "batch": pixel.BatchPixels,
        "dataset": pixel.DatasetPixels,
        "fixed": pixel.FixedPixels,
    },
    "times": {"uniform": objectives.UniformTimes, "log-normal": objectives.LogNormalTimes},
    "objective": {
        "noise-and-image": objectives.NoiseAndImage,
        "plain": objectives.Plain,
        "weighted": objectives.Weighted,
    },
    "weighting": {"min-snr": objectives.MinSnr, "edm": objectives.Edm},
    "grid": {
        "uniform": grids.Uniform,
        "log-snr": grids.UniformLogSnr,
        "karras": grids.KarrasGrid,
    },
    "sampler": {"ddim": Ddim},
}


@dataclass(frozen=True)
class Optimizer:
    """AdamW after gradient clipping: Loshchilov & Hutter, arXiv:1711.05101.

    Attributes:
        learning_rate: the highest, reached after the warm-up.
        decay: how it falls after the warm-up: constant, cosine (to 0 at the last step), or
            inverse-sqrt (of the step over the warm-up).
        warmup: steps over which it rises linearly from 0.
        weight_decay: AdamW's.
        b1: decay of the first moment.
        b2: decay of the second moment.
        clip: greatest global norm of the gradients; 0 for no clipping.
        accumulate: parts that a batch is cut into, one after the other, to save memory.
    """

    learning_rate: float = 1e-3
    decay: Literal["constant", "cosine", "inverse-sqrt"] = "constant"
    warmup: int = 0
    weight_decay: float = 1e-4
    b1: float = 0.9
    b2: float = 0.999
    clip: float = 0.0
    accumulate: int = 1


@dataclass(frozen=True)
class Average:
    """The exponential moving average of the weights and batch statistics.

    Attributes:
        decay: how much of the average stays at each step, once warm.
        warmup: the decay at step i is min(decay, (1 + i) / (warmup + i)), so that a short run does
            not sample stale weights; 0 for `decay` from the first step.
    """

    decay: float = 0.999
    warmup: float = 10.0


@dataclass(frozen=True)
class Watch:
    """How often a run is looked at, in steps; 0 for never.

    Attributes:
        log: a line in the journal and TensorBoard.
        validate: the loss on held-out pictures.
        validation_images: how many of them, at most.
        sample: a grid of pictures.
        sample_count: how many pictures in it.
        checkpoint: a checkpoint; there is always one at the end.
        keep_latest: checkpoints kept, the newest ones.
        keep_every: checkpoints at multiples of this many steps are kept for good.
        keep_best: checkpoints kept for the best validation loss.
    """

    log: int = 10
    validate: int = 500
    validation_images: int = 512
    sample: int = 500
    sample_count: int = 64
    checkpoint: int = 500
    keep_latest: int = 2
    keep_every: int = 0
    keep_best: int = 1


@dataclass(frozen=True)
class Config:
    """Everything that makes a run what it is.

    Attributes:
        recipe: the recipe that this configuration came from.
        data: the pictures: `fashion`, `folder:PATH` or `flowers:PATH`.
        image_size: height and width in pixels; one number for a square.
        channels: 1 for greyscale, 3 for colour; None for what the source has.
        flip: mirror half of the training pictures.
        steps: training steps; None for `epochs`.
        epochs: passes over the training pictures, where `steps` is None.
        batch_size: pictures a step, over all devices.
        seed: of everything random in the run.
        network: the network.
        schedule: how much image and noise there is at each time.
        prediction: what the network predicts.
        level: how the network is told the amount of noise.
        pixels: how pixels are normalised.
        times: how training times are drawn.
        objective: the training loss.
        optimizer: the optimizer.
        average: the moving average that is sampled from.
        watch: how often the run is looked at.
        sampler: the sampling method.
        grid: the sampling times.
        sampling_steps: network evaluations a picture, unless asked otherwise.
    """

    recipe: str = "custom"
    data: str = "fashion"
    image_size: tuple[int, int] = (64, 64)
    channels: int | None = None
    flip: bool = False
    steps: int | None = None
    epochs: float = 50.0
    batch_size: int = 64
    seed: int = 0
    network: ArticleUNet | UNet = field(default_factory=ArticleUNet)
    schedule: schedules.Schedule = schedules.Cosine()
    prediction: predictions.Prediction = predictions.Noise()
    level: levels.Level = levels.Variance()
    pixels: pixel.Pixels = pixel.BatchPixels()
    times: objectives.TimeDraw = objectives.UniformTimes()
    objective: objectives.Objective = objectives.NoiseAndImage()
    optimizer: Optimizer = Optimizer()
    average: Average = Average()
    watch: Watch = Watch()
    sampler: Ddim = Ddim()
    grid: grids.Grid = grids.Uniform()
    sampling_steps: int = 20

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(height, width, channels), once the channels are known."""
        assert self.channels is not None, "the channels are known once the pictures are opened"
        return (*self.image_size, self.channels)

    def __post_init__(self) -> None:
        """Refuses what can never work, with the field's name."""
        check(self)


def check(config: Config) -> None:
    """Raises a `UserError` for a value that can never work."""
    positive = {"batch_size": config.batch_size, "sampling_steps": config.sampling_steps}
    if config.steps is not None:
        positive["steps"] = config.steps
    for name, value in positive.items():
        if value < 1:
            raise UserError(f"{option(name)} must be at least 1, not {value}")
    if config.steps is None and config.epochs <= 0:
        raise UserError(f"--epochs must be above 0, not {config.epochs:g}")
    if config.channels not in (None, 1, 3):
        raise UserError(f"--channels must be 1 (greyscale) or 3 (colour), not {config.channels}")
    if config.optimizer.accumulate < 1 or config.batch_size % config.optimizer.accumulate:
        raise UserError(
            f"--batch-size {config.batch_size} cannot be cut into "
            f"{config.optimizer.accumulate} equal parts: --optimizer.accumulate must divide it"
        )
    if not 0 <= config.seed < 2**32:
        raise UserError(f"--seed must be from 0 to {2**32 - 1}, not {config.seed}")
    _check_network(config.network)
    _check_image_size(config.image_size, config.network.divisor)


def _check_network(network: ArticleUNet | UNet) -> None:
    for name in field_names(type(network)):
        value = getattr(network, name)
        sizes = value if isinstance(value, tuple) else (value,)
        if not sizes or any(isinstance(size, int | float) and size < 1 for size in sizes):
            given = " ".join(map(str, sizes)) or "nothing"
            raise UserError(f"--network.{option(name)[2:]} takes numbers of at least 1, not {given}")


def _check_image_size(size: tuple[int, int], divisor: int) -> None:
    if len(size) != 2:
        raise UserError("--image-size takes one number, or a height and a width")
    if min(size) < 1 or any(side % divisor for side in size):
        nearest = " ".join(str(max(divisor, round(side / divisor) * divisor)) for side in size)
        given = " ".join(map(str, size))
        raise UserError(
            f"--image-size {given} does not fit the network: both sides must be multiples of "
            f"{divisor}; the nearest is --image-size {nearest}"
        )


def option(name: str) -> str:
    """A field's name as it stands on the command line."""
    return "--" + name.replace("_", "-")


def to_json(config: Config) -> str:
    """The configuration as JSON text, with the version of the format."""
    return json.dumps({"version": VERSION, "config": encode(config)}, indent=2) + "\n"


def from_json(text: str) -> Config:
    """The configuration that `to_json` wrote; a `UserError` says what is wrong with the text."""
    try:
        document = json.loads(text)
        version, body = document["version"], document["config"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"the configuration is not one of mezzotint's: {error!r}") from None
    if version != VERSION:
        raise UserError(f"the configuration has version {version}; this program reads {VERSION}")
    return from_dict(body)


def from_dict(body: dict[str, Any]) -> Config:
    """The configuration that `encode` made a dictionary of, or its fields' defaults."""
    return _decode(Config, body, "config")


def encode(value: Any) -> Any:
    """A configuration value as what JSON can hold."""
    if dataclasses.is_dataclass(value):
        fields = {name: encode(getattr(value, name)) for name in field_names(type(value))}
        return fields if (kind := kind_of(value)) is None else {"kind": kind, **fields}
    return list(value) if isinstance(value, tuple) else value


def kind_of(value: Any) -> str | None:
    """The name under which a value's class stands in `KINDS`."""
    for table in KINDS.values():
        for name, cls in table.items():
            if type(value) is cls:
                return name
    return None


def field_names(cls: type) -> list[str]:
    """The fields that a configuration sets: all but the two that linen adds to its modules."""
    inherited = ("parent", "name") if issubclass(cls, nn.Module) else ()
    return [f.name for f in dataclasses.fields(cls) if f.name not in inherited]


def differences(old: Config, new: Config) -> dict[str, tuple[Any, Any]]:
    """The fields, as dotted names, in which two configurations differ, with both values."""
    before, after = flatten(old), flatten(new)
    names = {**before, **after}
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }


def flatten(config: Config) -> dict[str, Any]:
    """{"optimizer.learning_rate": 0.001, ...}."""

    def walk(value: Any, prefix: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {prefix: value}
        return {
            name: leaf
            for key, child in value.items()
            for name, leaf in walk(child, f"{prefix}.{key}" if prefix else key).items()
        }

    return walk(encode(config), "")


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """'; did you mean X?', or the list of what is known."""
    known = list(known)
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"


def _decode(cls: type, body: Any, path: str) -> Any:
    if not isinstance(body, dict):
        raise UserError(f"{path} must be a JSON object, not {body!r}")
    hints = {name: typing.get_type_hints(cls)[name] for name in field_names(cls)}
    values = {}
    for name, value in body.items():
        if name == "kind":
            continue
        if name not in hints:
            raise UserError(f"{path} has no field {name!r}{nearest(name, hints)}")
        values[name] = _value(name, hints[name], value, f"{path}.{name}")
    return cls(**values)


def _value(name: str, hint: Any, value: Any, path: str) -> Any:
    if isinstance(value, dict) and name in KINDS:
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in KINDS[name]:
            raise UserError(f"{path} has no kind {kind!r}{nearest(str(kind), KINDS[name])}")
        return _decode(KINDS[name][kind], value, path)
    if dataclasses.is_dataclass(hint):
        return _decode(typing.cast(type, hint), value, path)
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(value, hint):
        raise UserError(f"{path} cannot be {value!r}")
    return value


def _fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value is of a plain type: a number, a string, a choice, a tuple, an optional."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, arguments[0]) for item in value)
    if value is None:
        return hint is types.NoneType
    if isinstance(value, bool) and hint is not bool:
        return False
    if hint is float:
        return isinstance(value, int | float)
    return hint in (str, int, bool) and isinstance(value, hint)
