"""`mezzotint sample RUN`: pictures from a run, as one PNG grid or as one PNG each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.cli import making
from mezzotint.cli.making import Making


@dataclass(frozen=True)
class Options:
    """Make pictures with a run.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        count: how many pictures.
        making: how they are made and shown.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    run: Annotated[Path, tyro.conf.Positional]
    count: int = 16
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    out: Path = Path("samples.png")


def main(arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint sample")
    making.check(options.making, options.count)
    maker = making.maker(options.run, options.making)
    maker.write(maker.make(options.count), options.out)
