"""`mezzotint edit RUN upscale PICTURE`: a small picture as large as the run's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from mezzotint import edits
from mezzotint.cli import making
from mezzotint.cli.edit.reading import read_picture, shape_of
from mezzotint.cli.making import Making
from mezzotint.errors import UserError


@dataclass(frozen=True)
class Options:
    """Make a small picture larger: of what the run knows, pictures that are it when made small.

    Attributes:
        picture: a picture whose sides are those of the run's over the factor.
        factor: how many times longer its sides become.
        fit: crop and resize a picture of another shape as training does.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    picture: Annotated[Path, tyro.conf.Positional]
    factor: Literal[2, 4] = 2
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    count: int = 1
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("upscaled.png")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} upscale")
    making.check(options.making, options.count)
    maker = making.maker(run, options.making)
    height, width = maker.model.config.image_size
    if height % options.factor or width % options.factor:
        raise UserError(
            f"--factor {options.factor} does not divide the sides of the run's pictures, {width}x{height}"
        )
    given = read_picture(options.picture, shape_of(maker.model.config, options.factor), options.fit)
    maker.write(maker.make(options.count, edits.upscale(maker.model, given.pixels)), options.out)
