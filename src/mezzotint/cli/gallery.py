"""`mezzotint gallery RUN`: fresh pictures as a PNG grid, and the whole run as one HTML page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint import pictures
from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.model import in_turn, load
from mezzotint.pictures import Pixels
from mezzotint.runs.folder import RunFolder
from mezzotint.studio.gallery import page
from mezzotint.studio.markup import scale


@dataclass(frozen=True)
class Options:
    """Show a run as a PNG grid and an HTML page, gallery.png and gallery.html.

    The classes of a run that has any come in turn, a row each.

    Attributes:
        run: a run folder, finished or not, or a folder with config.json and model.safetensors.
        count: how many pictures.
        steps: network evaluations a picture; the run's own number by default.
        seed: of the noise: the same seed gives the same pictures.
        out: the folder for the two files; the run folder by default.
    """

    run: Annotated[Path, tyro.conf.Positional]
    count: int = 64
    steps: int | None = None
    seed: int = 0
    out: Path | None = None


def main(arguments: list[str]) -> None:
    """Makes the pictures and the page, and says where they are."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint gallery")
    check(options)
    model = load(options.run)
    classes = model.config.classes or 0
    labels = in_turn(range(classes), options.count)
    images = model.sample(options.count, steps=options.steps, seed=options.seed, labels=labels)
    steps = model.config.sampling_steps if options.steps is None else options.steps
    html = page(model, RunFolder(options.run.expanduser()), images, steps, options.seed)
    out = options.out or options.run
    try:
        written = write(out.expanduser(), pictures.grid(images, period=classes), html)
    except OSError as error:
        raise UserError(f"the gallery cannot be written to {out}: {error.strerror}") from None
    for path in written:
        print(path)


def write(out: Path, sheet: Pixels, html: str) -> tuple[Path, Path]:
    """Writes the grid and the page, each whole or not at all; gives their paths."""
    picture, text = out / "gallery.png", out / "gallery.html"
    pictures.save_png(sheet, picture, scale(sheet.shape[1]))
    write_whole(text, html)
    return picture, text


def check(options: Options) -> None:
    """Raises a `UserError` for a number out of range."""
    if options.count < 1:
        raise UserError(f"--count must be at least 1, not {options.count}")
    if not 0 <= options.seed < 2**32:
        raise UserError(f"--seed must be from 0 to {2**32 - 1}, not {options.seed}")
