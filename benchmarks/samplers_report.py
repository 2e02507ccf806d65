"""The rows that `samplers.py` measured, as tables and plots."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mezzotint.files import write_whole
from plot import Curve, Level, svg

ARTICLE, FLOOR = "article", "floor"  # the rows beside the samplers' own
KID = "KID[efficientnet-lite0] x 1000"
DISTANCE = "distance from the solution, RMS levels of 255"

Row = dict[str, Any]
Curves = dict[str, list[Row]]


def write(out: Path, rows: Sequence[Row], order: Sequence[str], counts: str) -> None:
    """Writes `report.md`, `kid.svg` and `distance.svg`.

    Args:
        out: the folder.
        rows: all rows, those of article and floor among them.
        order: the samplers' names.
        counts: how many pictures KID was made from, in words.
    """
    curves = by_sampler(rows, order)
    solving = {name: curve for name, curve in curves.items() if curve[0]["distance"] is not None}
    article, floor = (next(row for row in rows if row["sampler"] == name) for name in (ARTICLE, FLOOR))
    named = (("the article's 80 steps", article), ("real pictures", floor))
    levels = [Level(f"{name}: {kid_cell(row)}", 1000 * row["kid"]) for name, row in named]
    kids = [Curve(name, [_kid_point(row) for row in curve]) for name, curve in curves.items()]
    distances = [Curve(name, [_distance_point(row) for row in curve]) for name, curve in solving.items()]
    write_whole(out / "kid.svg", svg(KID, kids, levels, "network evaluations"))
    write_whole(out / "distance.svg", svg(DISTANCE, distances, [], "network evaluations"))
    write_whole(
        out / "report.md",
        f"{KID}, with its standard error; {counts}.\n"
        f"Article, DDIM at 80 uniform steps: {kid_cell(article)}. Real pictures: {kid_cell(floor)}.\n\n"
        f"{table(curves, kid_cell)}\n"
        f"By how much it exceeds the article's, with the error of that.\n\n{table(curves, excess_cell)}\n"
        f"Fewest evaluations at which it exceeds the article's by no more than that error: "
        f"{', '.join(reached(curves))}.\n\n"
        f"{DISTANCE}.\n\n{table(solving, distance_cell)}",
    )


def by_sampler(rows: Sequence[Row], order: Sequence[str]) -> Curves:
    """Each sampler's rows by rising evaluations."""
    rising = sorted(rows, key=lambda row: row["evaluations"])
    found = {name: [row for row in rising if row["sampler"] == name] for name in order}
    return {name: curve for name, curve in found.items() if curve}


def table(curves: Curves, cell: Callable[[Row], str]) -> str:
    """Markdown: a line for each sampler, a column for each number of evaluations."""
    numbers = sorted({row["evaluations"] for curve in curves.values() for row in curve})
    lines = [["at most", *map(str, numbers)], ["---", *["---:"] * len(numbers)]]
    for name, curve in curves.items():
        cells = {row["evaluations"]: cell(row) for row in curve}
        lines.append([name, *(cells.get(number, "") for number in numbers)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def reached(curves: Curves) -> list[str]:
    """For each sampler, its name and the fewest evaluations that are as good as the article's."""
    enough = {
        name: [row["evaluations"] for row in curve if row["excess"] <= row["excess_error"]]
        for name, curve in curves.items()
    }
    return [f"{name} {min(numbers)}" if numbers else f"{name} none" for name, numbers in enough.items()]


def kid_cell(row: Row) -> str:
    """Its value and error, a thousandfold."""
    return f"{1000 * row['kid']:.2f} ± {1000 * row['error']:.2f}"


def excess_cell(row: Row) -> str:
    """How much more it is than the article's, and the error of that, a thousandfold."""
    return f"{1000 * row['excess']:+.2f} ± {1000 * row['excess_error']:.2f}"


def distance_cell(row: Row) -> str:
    """The distance in levels."""
    return f"{row['distance']:.2f}"


def _kid_point(row: Row) -> tuple[float, float, float]:
    return row["evaluations"], 1000 * row["kid"], 1000 * row["error"]


def _distance_point(row: Row) -> tuple[float, float, float]:
    return row["evaluations"], row["distance"], 0.0
