"""`mezzotint edit RUN inpaint PICTURE`: a part of a picture painted anew."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import edits
from mezzotint.cli import making
from mezzotint.cli.edit.reading import Box, Given, Mask, mask_of, read_mask, read_picture, shape_of
from mezzotint.cli.making import Making
from mezzotint.errors import UserError
from mezzotint.sampling.method import has_single_steps


@dataclass(frozen=True)
class Options:
    """Paint a part of a picture anew; the rest of it stays as it is, to the byte.

    Attributes:
        picture: the picture, of the run's shape.
        mask: a picture of the same size: what is white is painted.
        box: what is painted, in pixels of the picture: left, top, right, bottom.
        repeats: how often each step is taken, as RePaint does; above 1 with ddim, ddpm or heun alone.
        fit: crop and resize a picture of another shape, and its mask or box, as training does.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    picture: Annotated[Path, tyro.conf.Positional]
    mask: Path | None = None
    box: Annotated[Box | None, tyro.conf.arg(metavar="LEFT TOP RIGHT BOTTOM")] = None
    repeats: int = 1
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    count: int = 1
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("inpainted.png")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} inpaint")
    making.check(options.making, options.count)
    suits = has_single_steps if options.repeats > 1 else making.anything
    maker = making.maker(run, options.making, suits)
    given = read_picture(options.picture, shape_of(maker.model.config), options.fit)
    mask = _mask(options, given)
    changes = edits.inpaint(maker.model, given.pixels, mask, options.repeats)
    maker.write(maker.make(options.count, changes), options.out)


def _mask(options: Options, given: Given) -> Mask:
    if options.mask is not None and options.box is None:
        return read_mask(options.mask, given)
    if options.box is not None and options.mask is None:
        return mask_of(options.box, given)
    raise UserError("say what to paint: --mask FILE, or --box LEFT TOP RIGHT BOTTOM")
