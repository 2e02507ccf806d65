"""`mezzotint data inspect SOURCE`: what a source holds, in a page of text and a contact sheet."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.cli.findings import text
from mezzotint.data.contact import PAIRS, sheet, spread
from mezzotint.data.duplicates import DISTANCE, LIKENESS, MAX_DISTANCE
from mezzotint.data.fit import Fit
from mezzotint.data.inspect import inspect
from mezzotint.data.open import named, open_origin
from mezzotint.data.report import Report
from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.pictures import save_png
from mezzotint.progress import progress

MAX_COUNT = 10_000
MAX_SIZE = 1024


@dataclass(frozen=True)
class Options:
    """Say what a source holds, and write a contact sheet. Every picture is decoded once.

    Attributes:
        source: as `mezzotint data` lists them, such as folder:PATH.
        out: the contact sheet, a PNG file.
        json: a JSON file for all that was found, every unusable file and every duplicate included.
        count: how many pictures the sheet shows, spread evenly over the source.
        image_size: the side that pictures are cropped and resized to, for means and for the sheet.
        distance: near duplicates may differ in so many of 64 bits, 0 to 8.
        likeness: near duplicates' slopes must agree so well, up to 1; raise it where simple pictures
            that are not doubles are listed.
        limit: how many of each kind of finding are printed.
    """

    source: Annotated[str, tyro.conf.Positional]
    out: Path = Path("contact-sheet.png")
    json: Path | None = None
    count: int = 100
    image_size: int = 64
    distance: int = DISTANCE
    likeness: float = LIKENESS
    limit: int = 5


def main(arguments: list[str]) -> None:
    """Looks, says what was found, and writes the sheet."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint data inspect")
    check(options)
    known, fit = named(options.source), Fit((options.image_size, options.image_size))
    origin = open_origin(options.source)
    with progress("looking at pictures", len(origin.entries)) as seen:
        report = inspect(
            origin,
            fit,
            split=known.split,
            distance=options.distance,
            likeness=options.likeness,
            seen=seen,
        )
    print(text(report, options.limit))
    try:
        save_png(sheet(origin, report, fit, options.count), options.out.expanduser())
        if options.json:
            document = json.dumps(report.document(), indent=1, ensure_ascii=False)
            write_whole(options.json.expanduser(), document + "\n")
    except OSError as error:
        raise UserError(f"{error.filename} cannot be written: {error.strerror}") from None
    print("\n" + written(options, report))


def written(options: Options, report: Report) -> str:
    """Which files there are now."""
    shown = len(spread(report.rows, options.count))
    pairs = min(PAIRS, len(report.pairs))
    below = f", and below the line {pairs} pairs of near duplicates" if pairs else ""
    lines = [f"{options.out}: {shown} pictures{below}"]
    return "\n".join(lines + ([f"{options.json}: all of it"] if options.json else []))


def check(options: Options) -> None:
    """Raises a `UserError` for a number out of range, or a sheet that is no PNG."""
    if not 1 <= options.count <= MAX_COUNT:
        raise UserError(f"--count must be from 1 to {MAX_COUNT}, not {options.count}")
    if not 1 <= options.image_size <= MAX_SIZE:
        raise UserError(f"--image-size must be from 1 to {MAX_SIZE}, not {options.image_size}")
    if not 0 <= options.distance <= MAX_DISTANCE:
        raise UserError(f"--distance must be from 0 to {MAX_DISTANCE}, not {options.distance}")
    if not 0 < options.likeness <= 1:
        raise UserError(f"--likeness must be above 0 and at most 1, not {options.likeness:g}")
    if options.limit < 0:
        raise UserError(f"--limit must be at least 0, not {options.limit}")
    if options.out.suffix.lower() != ".png":
        raise UserError(f"--out must be a PNG file, such as {options.out.with_suffix('.png')}")
