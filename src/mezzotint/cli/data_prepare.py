"""`mezzotint data prepare SOURCE --image-size N --out DIR`: decode a large source once, for many runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from mezzotint.data.fit import Fit
from mezzotint.data.open import named, open_origin
from mezzotint.data.prepare import prepare
from mezzotint.errors import UserError
from mezzotint.progress import progress


@dataclass(frozen=True)
class Options:
    """Bring every picture of a source to one shape, once; the same command goes on where it stopped.

    Attributes:
        source: as `mezzotint data` lists them, without a split.
        out: the folder to write; new, empty, or begun by the same command.
        image_size: height and width in pixels; one number for a square.
        channels: 1 for greyscale, 3 for colour; None for what each picture has.
        crop: how pictures of another shape are fitted, see `mezzotint train`.
        background: a colour's name or #rrggbb, under transparency and around padded pictures.
    """

    source: Annotated[str, tyro.conf.Positional]
    out: Path
    image_size: tuple[int, ...] = (64, 64)
    channels: int | None = None
    crop: Literal["centre", "random", "pad"] = "centre"
    background: str = "white"


def main(arguments: list[str]) -> None:
    """Prepares, and says how to train from it."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint data prepare")
    if len(options.image_size) > 2 or not options.image_size:
        raise UserError("--image-size takes one number, or a height and a width")
    height, width = options.image_size[0], options.image_size[-1]
    fit = Fit((height, width), options.channels, options.crop, options.background)
    if named(options.source).split:
        raise UserError(
            f"prepare all of {options.source}: a split is chosen when it is used, prepared:DIR:train"
        )
    origin, out = open_origin(options.source), options.out.expanduser()
    with progress("preparing", len(origin.entries)) as seen:
        summary = prepare(origin, fit, out, seen)
    print(f"{summary.pictures:,} pictures of {height}x{width} in {out}, {summary.unusable} left out")
    print(f"use them as --data prepared:{out} --image-size {height} {width} --crop {fit.crop}")
