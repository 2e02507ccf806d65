"""`mezzotint sample RUN`: pictures from a run, as one PNG grid or as one PNG each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import pictures
from mezzotint.cli import guiding
from mezzotint.cli.guiding import Guiding
from mezzotint.errors import UserError
from mezzotint.model import in_turn, load
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import preset


@dataclass(frozen=True)
class Options:
    """Make pictures with a run.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        count: how many pictures.
        steps: sampling times of a picture: as many network evaluations, or twice as many less one with
            heun; the run's own number by default.
        seed: of the noise: the same seed gives the same pictures.
        sampler: the method: ddim, ddpm, heun, dpmpp-2m, dpmpp-2m-sde, dpmpp-3m, unipc, or ab1 to ab5;
            the run's own by default.
        eta: DDIM with noise added back at each step: 0 adds none, 1 is ddpm.
        guiding: which classes, and how they are guided.
        scale: each pixel is drawn as a square of this side.
        out: a PNG file for a grid; anything else is a folder for a PNG each.
    """

    run: Annotated[Path, tyro.conf.Positional]
    count: int = 16
    steps: int | None = None
    seed: int = 0
    sampler: str | None = None
    eta: float | None = None
    guiding: tyro.conf.OmitArgPrefixes[Guiding] = Guiding()
    scale: int = 1
    out: Path = Path("samples.png")


def main(arguments: list[str]) -> None:
    """Makes the pictures and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint sample")
    check(options)
    sampler = chosen(options)
    model = load(options.run)
    classes = guiding.classes(options.guiding, model.config)
    images = model.sample(
        options.count,
        steps=options.steps,
        seed=options.seed,
        labels=in_turn(classes, options.count),
        guidance=guiding.guidance(options.guiding, options.run),
        sampler=sampler,
    )
    if options.out.suffix.lower() == ".png":
        sheet = pictures.grid(images, period=len(classes))
        pictures.save_png(sheet, options.out, options.scale)
    else:
        for index, image in enumerate(images):
            path = options.out / f"{options.seed}_{index:05d}.png"
            pictures.save_png(pictures.to_bytes(image), path, options.scale)
    print(options.out)


def chosen(options: Options) -> Sampler | None:
    """The sampler that the options ask for; None for the run's own."""
    if options.eta is None:
        return None if options.sampler is None else preset(options.sampler)
    if options.sampler not in (None, "ddim"):
        raise UserError(f"--eta belongs to ddim: leave it out, or --sampler {options.sampler}")
    return Ddim(options.eta)


def check(options: Options) -> None:
    """Raises a `UserError` for a number out of range."""
    guiding.check(options.guiding)
    if options.count < 1 or options.scale < 1:
        raise UserError("--count and --scale must be at least 1")
    if options.eta is not None and not 0 <= options.eta <= 1:
        raise UserError(f"--eta must be from 0 to 1, not {options.eta:g}")
    if not 0 <= options.seed < 2**32:
        raise UserError(f"--seed must be from 0 to {2**32 - 1}, not {options.seed}")
