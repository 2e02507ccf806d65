"""`mezzotint edit RUN colorize PICTURE`: colours for a grey picture."""

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
    """Give a grey picture colours: of what the run knows, pictures that are it in grey.

    Attributes:
        picture: a picture of the run's size; of one in colour, its grey.
        fit: crop and resize a picture of another size as training does.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    picture: Annotated[Path, tyro.conf.Positional]
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    count: int = 1
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("colorized.png")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} colorize")
    making.check(options.making, options.count)
    maker = making.maker(run, options.making)
    edits.demand_colour(maker.model)
    given = read_picture(options.picture, shape_of(maker.model.config, channels=3), options.fit)
    changes = edits.colorize(maker.model, given.pixels @ edits.LUMA[:, None])
    maker.write(maker.make(options.count, changes), options.out)
