"""`mezzotint sample RUN`: pictures from a run, as one PNG grid or as one PNG each."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.cli import making
from mezzotint.cli.making import Maker, Making
from mezzotint.errors import UserError
from mezzotint.model.ensemble import disagreement, member


@dataclass(frozen=True)
class Options:
    """Make pictures with a run.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
        disagreement: a PNG grid of how far an ensemble's members differ at each pixel of the pictures that
            they make of the same noise: black where they agree, white at a deviation of 1/2.
    """

    run: Annotated[Path, tyro.conf.Positional]
    count: int = 16
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("samples.png")
    disagreement: Annotated[Path | None, tyro.conf.arg(metavar="FILE.png")] = None


def main(arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint sample")
    making.check(options.making, options.count)
    maker = making.maker(options.run, options.making)
    maker.write(maker.make(options.count), options.out)
    if options.disagreement is not None:
        disagree(maker, options.count, options.disagreement)


def disagree(maker: Maker, count: int, out: Path) -> None:
    """Writes the maps of how far the members differ, and says by how much on the mean."""
    model = maker.model
    if not model.config.members:
        raise UserError("--disagreement is of an ensemble: `mezzotint ensemble` makes one")
    alone = maker._replace(making=replace(maker.making, animate=None))  # the animation is of the mean
    each = [alone._replace(model=member(model, index)).make(count) for index in range(model.config.members)]
    maps = disagreement(each)
    maker.write(2 * maps, out)
    print(f"members differ by {maps.mean():.4f} on the mean, {maps.max():.4f} at most")
