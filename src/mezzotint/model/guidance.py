"""How a model is guided, as one value, and the denoiser that this makes of the model.

strong: the model's denoiser with labels;  weak: without them, or that of a weaker model
guided: strong -> extrapolated from weak -> clipped
"""

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from mezzotint.config import Config
from mezzotint.core.labels import Labels
from mezzotint.core.prediction import Denoiser
from mezzotint.errors import UserError
from mezzotint.guidance.clip import Clip, clipped
from mezzotint.guidance.extrapolate import Number, Push, extrapolate
from mezzotint.model.bind import bind

if TYPE_CHECKING:
    from mezzotint.model.model import Model


@partial(jax.tree_util.register_dataclass, data_fields=["scale", "interval", "weaker"], meta_fields=["clip"])
@dataclass(frozen=True)
class Guidance:
    """A pytree: another scale, interval or weaker model of the same shape compiles nothing again.

    Attributes:
        scale: how far estimates go beyond those of the weaker model, for which it is 0 (for the model's
            own it is 1); None for no guidance, at half the cost.
        interval: the least and the greatest noise level, sigma / alpha, that is guided.
        weaker: what is guided away from, such as an earlier checkpoint of the run, with the same label;
            None for the same model without a label.
        clip: how image estimates are kept within the range of pixels; None for as they come.
    """

    scale: Number | None = None
    interval: tuple[Number, Number] = (0.0, math.inf)
    weaker: "Model | None" = None
    clip: Clip | None = None


UNGUIDED = Guidance()


def guided(model: "Model", labels: Labels | None, guidance: Guidance) -> Denoiser:
    """(noisy images, times) -> estimates in normalised pixels, for one label a picture, -1 for none."""
    config = model.config
    denoise = bind(config, model.variables, labels)
    if guidance.scale is not None:
        weaker = guidance.weaker
        weak = (
            bind(config, model.variables) if weaker is None else bind(weaker.config, weaker.variables, labels)
        )
        denoise = extrapolate(denoise, weak, config.schedule, Push(guidance.scale, *guidance.interval))
    if guidance.clip is not None:
        denoise = clipped(denoise, config.schedule, model.pixels, guidance.clip)
    return denoise


def sound(config: Config, guidance: Guidance) -> Guidance:
    """The same guidance, its numbers as arrays, once it is known to suit a model.

    Raises:
        UserError: a number out of range, no label to guide away from, or a weaker model of other pictures.
    """
    low, high = (float(end) for end in guidance.interval)
    if not 0 <= low <= high:
        raise UserError(f"the guidance interval must be 0 <= LOW <= HIGH, not {low:g} {high:g}")
    if guidance.scale is None:
        return replace(guidance, interval=(jnp.float32(low), jnp.float32(high)), weaker=None)
    if not math.isfinite(float(guidance.scale)):
        raise UserError(f"the guidance scale must be a finite number, not {guidance.scale}")
    _demand_weaker(config, guidance.weaker)
    return replace(
        guidance, scale=jnp.float32(guidance.scale), interval=(jnp.float32(low), jnp.float32(high))
    )


def _demand_weaker(config: Config, weaker: "Model | None") -> None:
    """Raises a `UserError` where there is nothing to guide away from."""
    if weaker is not None:
        _demand_alike(config, weaker.config)
    elif not config.classes:
        raise UserError(
            "there is no label to guide by: this model was trained without classes; "
            "guide it by a weaker checkpoint, or train with --classes"
        )
    elif not config.label_dropout:
        raise UserError(
            "there is nothing to guide away from: this model was trained with --label-dropout 0, so that "
            "it knows no picture without a label; guide it by a weaker checkpoint"
        )


def _demand_alike(config: Config, weaker: Config) -> None:
    """A weaker network may be smaller and know no labels; times and pictures must be the model's."""
    for name in ("picture_shape", "schedule", "pixels"):
        ours, theirs = getattr(config, name), getattr(weaker, name)
        if ours != theirs:
            raise UserError(
                f"the weaker model is one of other pictures: its {name.replace('_', ' ')} is {theirs}, "
                f"and the model's {ours}"
            )
    if weaker.classes not in (0, config.classes):
        raise UserError(f"the weaker model knows {weaker.classes} classes, and the model {config.classes}")
