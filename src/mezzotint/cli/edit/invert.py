"""`mezzotint edit RUN invert PICTURE`: a picture's noise, and how well the picture comes back from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from mezzotint import edits
from mezzotint.cli import making
from mezzotint.cli.edit.reading import read_picture, shape_of
from mezzotint.cli.making import Making
from mezzotint.core.pixels import decode
from mezzotint.editing.sound import can_be_undone


@dataclass(frozen=True)
class Options:
    """Find the noise from which a picture is made, make the picture from it, and say how well it comes back.

    Attributes:
        picture: the picture, of the run's shape.
        fit: crop and resize a picture of another shape as training does.
        making: how pictures are made and shown.
        out: a PNG file: the picture, its noise, and the picture made from the noise; anything else is a
            folder for a PNG each.
    """

    picture: Annotated[Path, tyro.conf.Positional]
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("inverted.png")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures, and says how far the last is from the first and where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} invert")
    making.check(options.making)
    maker = making.maker(run, options.making, can_be_undone)
    picture = read_picture(options.picture, shape_of(maker.model.config), options.fit).pixels
    start = maker.invert(picture)
    (again,) = maker.make(1, edits.variations(start, 0.0))
    print(said(edits.distance(again, picture), float(start.std())))
    maker.write(np.stack([picture, decode(start, maker.model.pixels)[0], again]), options.out, columns=3)


def said(distance: edits.Distance, spread: float) -> str:
    """The distance and the noise's spread in a line."""
    return (
        f"the picture comes back to {distance.mean_absolute:.2f}/255 on average ({distance.psnr:.1f} dB); "
        f"its noise has a standard deviation of {spread:.2f}"
    )
