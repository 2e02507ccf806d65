"""`mezzotint sample RUN`: pictures from a run, as one PNG grid or as one PNG each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.cli import making
from mezzotint.cli.making import Making
from mezzotint.errors import UserError
from mezzotint.sampling.ddim import Ddim


@dataclass(frozen=True)
class Options:
    """Make pictures with a run.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        count: how many pictures.
        making: how they are made and shown.
        eta: DDIM with noise added back at each step: 0 adds none, 1 is ddpm.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    run: Annotated[Path, tyro.conf.Positional]
    count: int = 16
    making: tyro.conf.OmitArgPrefixes[Making] = Making()
    eta: float | None = None
    out: Path = Path("samples.png")


def main(arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint sample")
    check(options)
    maker = making.maker(options.run, options.making)
    if options.eta is not None:
        maker = maker._replace(sampler=Ddim(options.eta))
    maker.write(maker.make(options.count), options.out)


def check(options: Options) -> None:
    """Raises a `UserError` for what can be refused before anything is read."""
    making.check(options.making, options.count)
    if options.eta is not None and options.making.sampler not in (None, "ddim"):
        raise UserError(f"--eta belongs to ddim: leave it out, or --sampler {options.making.sampler}")
    if options.eta is not None and not 0 <= options.eta <= 1:
        raise UserError(f"--eta must be from 0 to 1, not {options.eta:g}")
