"""`mezzotint edit RUN img2img PICTURE`: other pictures like one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import edits
from mezzotint.cli import making
from mezzotint.cli.edit.reading import read_picture, shape_of
from mezzotint.cli.making import Making


@dataclass(frozen=True)
class Options:
    """Make other pictures like one: noise is added to it, and taken away again.

    Attributes:
        picture: the picture, of the run's shape.
        strength: from 0, which gives the picture back, to 1, which knows nothing of it.
        fit: crop and resize a picture of another shape as training does.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    picture: Annotated[Path, tyro.conf.Positional]
    strength: float = 0.6
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    count: int = 1
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("img2img.png")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} img2img")
    making.check(options.making, options.count)
    maker = making.maker(run, options.making)
    given = read_picture(options.picture, shape_of(maker.model.config), options.fit)
    changes = edits.img2img(maker.model, given.pixels, options.strength)
    maker.write(maker.make(options.count, changes), options.out)
