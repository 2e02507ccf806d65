"""Every choice that has a name, once; and configuration values as plain ones, written with those names."""

import dataclasses
from typing import Any

import flax.linen as nn

from mezzotint.core import grid as grids
from mezzotint.core import level as levels
from mezzotint.core import objective as objectives
from mezzotint.core import pixels as pixel
from mezzotint.core import prediction as predictions
from mezzotint.core import schedule as schedules
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import UNet
from mezzotint.sampling.churn import Churned
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.dpm import DpmSolver2M, DpmSolver3M
from mezzotint.sampling.heun import Heun
from mezzotint.sampling.multistep import AdamsBashforth
from mezzotint.sampling.unipc import UniPc

KINDS: dict[str, dict[str, type]] = {
    "network": {"article-unet": ArticleUNet, "unet": UNet, "ensemble": Ensemble},
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
    "sampler": {
        "ddim": Ddim,
        "heun": Heun,
        "dpmpp-2m": DpmSolver2M,
        "dpmpp-3m": DpmSolver3M,
        "unipc": UniPc,
        "adams-bashforth": AdamsBashforth,
        "churned": Churned,
    },
}


UNASKED = ("recipe", "label_names")  # no options: a recipe is chosen by its name, labels bring theirs


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


def encode(value: Any) -> Any:
    """A configuration value as what JSON can hold."""
    if dataclasses.is_dataclass(value):
        fields = {name: encode(getattr(value, name)) for name in field_names(type(value))}
        return fields if (kind := kind_of(value)) is None else {"kind": kind, **fields}
    return list(value) if isinstance(value, tuple) else value


def flatten(config: Any) -> dict[str, Any]:
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


def option(name: str) -> str:
    """A field's name as it stands on the command line."""
    return "--" + name.replace("_", "-")
