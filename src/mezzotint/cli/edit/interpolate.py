"""`mezzotint edit RUN interpolate FIRST LAST`: the way from one picture or seed to another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import animation, edits, pictures
from mezzotint.cli import making
from mezzotint.cli.edit.starts import start_of, suitable
from mezzotint.cli.making import Making

ANIMATED = (".gif", ".mp4")


@dataclass(frozen=True)
class Options:
    """Go from one picture to another, by way of the start noises between theirs.

    Attributes:
        first: a picture of the run's shape, or a seed.
        last: another.
        fit: crop and resize pictures of another shape as training does.
        count: how many pictures, the first and the last included.
        making: how they are made and shown.
        out: a .gif or an .mp4; a .png for a grid; anything else is a folder for a PNG each.
    """

    first: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PICTURE|SEED")]
    last: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PICTURE|SEED")]
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    count: int = 16
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("interpolation.gif")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} interpolate")
    making.check(options.making, options.count)
    moving = options.out.suffix.lower() in ANIMATED
    if moving:
        animation.encoder(options.out)
    maker = making.maker(run, options.making, suitable(options.first, options.last))
    first, last = (start_of(maker, source, options.fit) for source in (options.first, options.last))
    images = maker.make(options.count, edits.interpolate(first, last, options.count), options.count)
    if moving:
        animation.save(pictures.to_bytes(images), options.out, options.making.scale)
        print(options.out)
    else:
        maker.write(images, options.out)
