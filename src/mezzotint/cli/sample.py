"""`mezzotint sample RUN`: pictures from a run, as one PNG grid or as one PNG each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import pictures
from mezzotint.cli import grids
from mezzotint.cli.grids import GridName
from mezzotint.errors import UserError
from mezzotint.model import load
from mezzotint.sampling.ddim import Ddim


@dataclass(frozen=True)
class Options:
    """Make pictures with a run.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        count: how many pictures.
        steps: network evaluations a picture; the run's own number by default.
        seed: of the noise: the same seed gives the same pictures.
        eta: noise added back at each step: 0 is DDIM, 1 is DDPM's ancestral sampling; the run's
            own sampler by default.
        grid: the sampling times: the run's own, tuned ones (`mezzotint tune`), or a standard grid's;
            tuned ones by default where the run has them for the sampler and the steps.
        scale: each pixel is drawn as a square of this side.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    run: Annotated[Path, tyro.conf.Positional]
    count: int = 16
    steps: int | None = None
    seed: int = 0
    eta: float | None = None
    grid: GridName | None = None
    scale: int = 1
    out: Path = Path("samples.png")


def main(arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint sample")
    check(options)
    model = load(options.run)
    sampler = None if options.eta is None else Ddim(options.eta)
    grid = grids.chosen(model, options.grid, sampler, options.steps)
    images = model.sample(options.count, steps=options.steps, seed=options.seed, sampler=sampler, grid=grid)
    if options.out.suffix.lower() == ".png":
        pictures.save_png(pictures.grid(images), options.out, options.scale)
    else:
        for index, image in enumerate(images):
            path = options.out / f"{options.seed}_{index:05d}.png"
            pictures.save_png(pictures.to_bytes(image), path, options.scale)
    print(options.out)


def check(options: Options) -> None:
    """Raises a `UserError` for a number out of range."""
    if options.count < 1 or options.scale < 1:
        raise UserError("--count and --scale must be at least 1")
    if options.eta is not None and not 0 <= options.eta <= 1:
        raise UserError(f"--eta must be from 0 to 1, not {options.eta:g}")
    if not 0 <= options.seed < 2**32:
        raise UserError(f"--seed must be from 0 to {2**32 - 1}, not {options.seed}")
