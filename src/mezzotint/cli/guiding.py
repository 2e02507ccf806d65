"""The options of every verb that makes pictures with a run: which classes, and how they are guided."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from mezzotint.config import Config
from mezzotint.errors import UserError
from mezzotint.guidance.clip import Clip, Dynamic, Static
from mezzotint.model import Guidance, Model, load, number

ALL = "all"
CLIPS: dict[str, Clip | None] = {"none": None, "static": Static(), "dynamic": Dynamic()}


@dataclass(frozen=True)
class Guiding:
    """Which classes, and how they are guided.

    Attributes:
        label: a class by name or number, or several with commas between, or `all`; several come in turn,
            a row of the grid each. May be given more than once.
        guidance: how far beyond the pictures without a label: 1 is none, 2 to 4 are usual; each picture
            then takes twice the network evaluations.
        guidance_interval: the noise levels, sigma / alpha, that are guided; all by default.
        weaker: guide away from a weaker model in place of pictures without a label: the step of an earlier
            checkpoint of the run, or another run's folder.
        clip: keep image estimates within the range of pixels: each pixel by itself (static), or each
            picture by its own spread (dynamic).
    """

    label: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    guidance: float | None = None
    guidance_interval: Annotated[tuple[float, float] | None, tyro.conf.arg(metavar="LOW HIGH")] = None
    weaker: Annotated[str | None, tyro.conf.arg(metavar="STEP|RUN")] = None
    clip: Literal["none", "static", "dynamic"] = "none"


def check(asked: Guiding) -> None:
    """Raises a `UserError` for options that need another, before anything is read."""
    for option, value in (("--guidance-interval", asked.guidance_interval), ("--weaker", asked.weaker)):
        if value is not None and asked.guidance is None:
            raise UserError(f"{option} says how to guide, and not how far: add --guidance 2, say")


def classes(asked: Guiding, config: Config) -> list[int]:
    """The numbers of the classes that are asked for, in order.

    Raises:
        UserError: there is no such class.
    """
    words = [word for label in asked.label for word in _words(label, config)]
    return [number(config, word) for word in words]


def guidance(asked: Guiding, run: Path) -> Guidance:
    """What the options say; a weaker model is loaded.

    Raises:
        UserError: the weaker model cannot be.
    """
    interval = asked.guidance_interval or Guidance().interval
    weaker = None if asked.weaker is None else _weaker(asked.weaker, run)
    return Guidance(asked.guidance, interval, weaker, CLIPS[asked.clip])


def _words(label: str, config: Config) -> list[str | int]:
    """The classes of one --label; a name may hold commas itself."""
    if label in config.label_names:
        return [label]
    if label == ALL and config.classes:
        return list(range(config.classes))
    return [word.strip() for word in label.split(",")]


def _weaker(text: str, run: Path) -> Model:
    return load(run, step=int(text)) if text.isdecimal() else load(text)
