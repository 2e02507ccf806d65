"""An evaluation as one HTML page that needs nothing else: its numbers, pictures, nearest pairs and curves."""

from html import escape
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from mezzotint.evaluation.report import Number, Report
from mezzotint.metrics.memorisation import COPY, NEIGHBOURS, Memorisation
from mezzotint.studio.chart import Line, chart
from mezzotint.studio.frame import framed
from mezzotint.studio.markup import figure, image, paragraph, plural, scale, sheet
from mezzotint.studio.settings import tables

SHOWN = 64  # pictures of a grid
COLUMNS = 16
HALF = 340  # about how wide one of two grids is drawn, in CSS pixels

Pictures = UInt8[np.ndarray, "count height width channels"]
Closeness = Float[np.ndarray, " count"]


class Shown(NamedTuple):
    """What the page shows beside the report.

    Attributes:
        samples: the pictures that were evaluated.
        train: those that were learnt from.
        held_out: those that were not.
        nearest: how near the samples come to training pictures, in features.
    """

    samples: Pictures
    train: Pictures
    held_out: Pictures
    nearest: Memorisation


def page(report: Report, shown: Shown) -> str:
    """The page of an evaluation."""
    sections = {
        ("numbers", "Numbers"): numbers(report),
        ("pictures", "Pictures"): grids(shown),
        ("copies", "Copies"): copies(report, shown),
        ("made", "How they were made"): tables({"samples": report.made or {"from": report.what}}),
    }
    return framed("evaluation", report.what, summary(report), sections)


def summary(report: Report) -> str:
    """One line: how many pictures against how many."""
    height, width, channels = report.shape
    colour = "colour" if channels == 3 else "greyscale"
    return (
        f"{plural(report.count, f'{colour} picture')} of {height}\u00d7{width} against {report.against}: "
        f"{report.train:,} training and {report.held_out:,} held-out pictures. Features by "
        f"{report.extractor} {report.extractor_version}, seed {report.seed}."
    )


def numbers(report: Report) -> str:
    """The warnings, the table, and what its floor is."""
    said = "".join(f'<p class="warning">{escape(warning)}</p>' for warning in report.warnings)
    rows = "".join(_row(name, number) for name, number in report.numbers.items())
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("", "value", "95% interval", "real pictures"))
    floor = f"The last column is of {report.floor_count:,} {report.floor_of} pictures in the samples' place."
    return f"{said}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{paragraph(floor)}"


def grids(shown: Shown) -> str:
    """Samples beside real pictures."""
    alike = [("samples", shown.samples), ("held-out pictures", shown.held_out)]
    return '<div class="sheets">' + "".join(_grid(name, pictures) for name, pictures in alike) + "</div>"


def copies(report: Report, shown: Shown) -> str:
    """The share of copies, the most suspicious pairs, and how near all of them come."""
    found = report.copies
    words = (
        f"{_percent(found.share)} of the samples are copies of training pictures (95% interval "
        f"{_percent(found.low)} to {_percent(found.high)}); "
        f"of the held-out pictures {_percent(found.held_out)}. {_percent(found.nearer)} are nearer to "
        "training pictures than to held-out ones, the sets' sizes corrected for."
    )
    return paragraph(words) + pairs(report, shown) + curves(shown)


def pairs(report: Report, shown: Shown) -> str:
    """Samples, their nearest training pictures below them, their nearest held-out ones below those."""
    chosen = report.pairs[:COLUMNS]
    if not chosen:
        return ""
    columns = zip(*chosen, strict=True)
    sets = (shown.samples, shown.train, shown.held_out)
    rows = [pictures[list(rows)] for pictures, rows in zip(sets, columns, strict=True)]
    drawn = sheet(np.concatenate(rows) / np.float32(255), len(chosen))
    caption = "The samples nearest to a training picture; that picture; the nearest held-out picture."
    return figure(image(drawn, caption, scale(drawn.shape[1])), caption)


def curves(shown: Shown) -> str:
    """How near each percent of pictures comes to a training picture: of samples, and of held-out ones."""
    lines = [
        Line("samples", "training", _ranked(shown.nearest.closeness)),
        Line("held-out pictures", "held-out", _ranked(shown.nearest.held_out_closeness)),
        Line("copies are below", "raw", [(0, COPY), (100, COPY)]),
    ]
    words = (
        f"The distance to the nearest training picture over the mean of the {NEIGHBOURS} nearest, in "
        "features, by rank. Samples below the held-out pictures are nearer to what was learnt than fresh "
        "pictures are."
    )
    drawn = chart(lines, "Closeness to training pictures", words, "distance ratio", "percent of pictures")
    return figure(drawn, words)


def _ranked(closeness: Closeness) -> list[tuple[int, float]]:
    return [(percent, float(np.percentile(closeness, percent))) for percent in range(101)]


def _grid(name: str, pictures: Pictures) -> str:
    drawn = sheet(pictures[:SHOWN] / np.float32(255))
    caption = f"{name}: the first {min(SHOWN, len(pictures))}"
    return figure(image(drawn, name, scale(drawn.shape[1], HALF)), caption)


def _row(name: str, number: Number) -> str:
    cells = (f"{number.value:.4g}", f"{number.low:.4g} to {number.high:.4g}", f"{number.floor:.4g}")
    figures = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{figures}</tr>'


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
