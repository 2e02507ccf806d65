"""`mezzotint edit RUN variations SOURCE`: neighbours of a picture, or of a seed's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import edits
from mezzotint.cli import making
from mezzotint.cli.edit.starts import start_of, suitable
from mezzotint.cli.making import Making


@dataclass(frozen=True)
class Options:
    """Make neighbours of a picture: its start noise is turned towards that of other pictures of the seed.

    Attributes:
        source: a picture of the run's shape, or a seed.
        amount: from 0, which is the picture itself, to 1, which knows nothing of it.
        fit: crop and resize a picture of another shape as training does.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PICTURE|SEED")]
    amount: float = 0.3
    fit: tyro.conf.FlagCreatePairsOff[bool] = False
    count: int = 9
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("variations.png")


def main(run: Path, arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog=f"mezzotint edit {run} variations")
    making.check(options.making, options.count)
    maker = making.maker(run, options.making, suitable(options.source))
    start = start_of(maker, options.source, options.fit)
    maker.write(maker.make(options.count, edits.variations(start, options.amount)), options.out)
