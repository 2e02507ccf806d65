"""Lines against training steps or another count, as inline SVG.

A line is a list of points (step, figure) by rising step. Long lines are thinned to the least and
the greatest figure of each stretch, so that no peak is lost. Colours are the style sheet's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from scipy.signal import savgol_filter

Point = tuple[int, float]
Points = Sequence[Point]

WIDTH, HEIGHT = 640, 330
LEFT, RIGHT, TOP, BOTTOM = 64, 620, 36, 266  # the corners of the plot
MOST = 400  # points drawn of a line
MOST_MARKS = 40  # points with a dot each
SMOOTHED = 25  # stretches that the smoothed line keeps apart


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        label: its name in the legend.
        style: its CSS class.
        points: by rising step; at least one.
        marked: whether its points have dots, where they are few.
    """

    label: str
    style: str
    points: Points
    marked: bool = False


@dataclass(frozen=True)
class Axis:
    """Values `low`..`high`, drawn at `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value is drawn."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def chart(
    lines: Sequence[Line], title: str, description: str, vertical: str, horizontal: str = "training step"
) -> str:
    """The SVG and its legend.

    Args:
        lines: at least one.
        title: what it is, for a screen reader.
        description: what is to be seen in it, for a screen reader.
        vertical: the name of the figures.
        horizontal: the name of the steps.
    """
    across, up = axes(lines)
    drawn = "".join(_draw(line, across, up) for line in lines)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="chart-title chart-text">'
        f'<title id="chart-title">{escape(title)}</title>'
        f'<desc id="chart-text">{escape(description)}</desc>'
        f"{_rules(across, up)}{_names(vertical, horizontal)}{drawn}</svg>{_legend(lines)}"
    )


def axes(lines: Sequence[Line]) -> tuple[Axis, Axis]:
    """The axes that hold every point: steps from 0, figures between two ticks."""
    steps = [step for line in lines for step, _ in line.points]
    figures = [figure for line in lines for _, figure in line.points]
    marks = ticks(min(figures), max(figures), outside=True)
    return Axis(0, max(*steps, 1), LEFT, RIGHT), Axis(marks[0], marks[-1], BOTTOM, TOP)


def ticks(low: float, high: float, *, outside: bool = False) -> list[float]:
    """About five round numbers between two, or with the two between them."""
    if low == high:
        margin = abs(low) / 10 or 1.0
        low, high = low - margin, high + margin
    step = _round_step((high - low) / 4)
    first, last = low / step, high / step
    start = math.floor(first + 1e-9) if outside else math.ceil(first - 1e-9)
    end = math.ceil(last - 1e-9) if outside else math.floor(last + 1e-9)
    return [index * step for index in range(start, end + 1)]


def thin(points: Points, most: int = MOST) -> Points:
    """At most about `most` points: the least and the greatest of each stretch, and both ends."""
    if len(points) <= most:
        return points
    inner = np.array_split(np.arange(1, len(points) - 1), most // 2 - 1)
    kept = {0, len(points) - 1}
    for stretch in inner:
        figures = [points[index][1] for index in stretch]
        kept |= {int(stretch[np.argmin(figures)]), int(stretch[np.argmax(figures)])}
    return [points[index] for index in sorted(kept)]


def smooth(points: Points) -> Points:
    """Straight lines fitted to each figure and its neighbours: Savitzky & Golay, 1964, order 1."""
    reach = max(1, len(points) // SMOOTHED)
    if len(points) < 2 * reach + 1:
        return points
    steps, figures = zip(*points, strict=True)
    fitted = np.asarray(savgol_filter(figures, 2 * reach + 1, polyorder=1))
    return list(zip(steps, fitted.tolist(), strict=True))


def _round_step(rough: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(round_one * power for round_one in (1, 2, 5, 10) if round_one * power >= rough)


def _draw(line: Line, across: Axis, up: Axis) -> str:
    places = [(across.place(step), up.place(figure)) for step, figure in thin(line.points)]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    drawn = f'<polyline points="{joined}"/>' if len(places) > 1 else ""
    if len(places) == 1 or (line.marked and len(places) <= MOST_MARKS):
        drawn += "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places)
    return f'<g class="line {line.style}">{drawn}</g>'


def _rules(across: Axis, up: Axis) -> str:
    """The ticks: a rule across for each figure, a short one under the plot for each step."""
    marks = ticks(up.low, up.high)
    decimals = max(0, -math.floor(math.log10(marks[1] - marks[0]) + 1e-9))
    rows = "".join(_row(up.place(mark), f"{mark:,.{decimals}f}") for mark in marks)
    steps = [mark for mark in ticks(across.low, across.high) if mark == int(mark)]
    return rows + "".join(_column(across.place(mark), f"{mark:,.0f}") for mark in steps)


def _row(y: float, label: str) -> str:
    rule = f'<line class="rule" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{rule}<text x="{LEFT - 8}" y="{y:.1f}" dy=".35em" text-anchor="end">{label}</text>'


def _column(x: float, label: str) -> str:
    rule = f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 5}"/>'
    return f'{rule}<text x="{x:.1f}" y="{BOTTOM + 10}" dy=".8em" text-anchor="middle">{label}</text>'


def _names(vertical: str, horizontal: str) -> str:
    middle = (LEFT + RIGHT) / 2
    return (
        f'<text x="{LEFT}" y="14" dy=".2em">{escape(vertical)}</text>'
        f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(horizontal)}</text>'
    )


def _legend(lines: Sequence[Line]) -> str:
    """The lines' names, each with a stroke as in the chart."""
    rows = "".join(
        f'<li><svg viewBox="0 0 28 10" aria-hidden="true"><g class="line {line.style}">'
        f'<line x1="1" x2="27" y1="5" y2="5"/></g></svg>{escape(line.label)}</li>'
        for line in lines
    )
    return f'<ul class="legend">{rows}</ul>'
