"""The chart's arithmetic: ticks, thinning, smoothing, and lines of any length."""

import numpy as np
import pytest

from mezzotint.studio.chart import MOST, Line, axes, chart, smooth, thin, ticks
from mezzotint.studio.choose import evenly
from tests.studio.page import Page


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 40, [0, 10, 20, 30, 40]),
        (0, 2000, [0, 500, 1000, 1500, 2000]),
        (0.61, 0.86, [0.7, 0.8]),
        (-3, 1, [-3, -2, -1, 0, 1]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("low,high", [(0.61, 0.86), (1, 1), (0, 0), (-2, -2), (1e-7, 3e4)])
def test_outer_ticks_hold_the_figures(low: float, high: float) -> None:
    marks = ticks(low, high, outside=True)
    assert marks[0] <= low and high <= marks[-1] and 2 <= len(marks) <= 8


def test_thinning_keeps_ends_and_peaks() -> None:
    figures = np.random.default_rng(0).random(100_000)
    figures[12_345], figures[67_890] = 9, -9
    points = list(enumerate(figures.tolist()))
    few = thin(points)
    assert len(few) <= MOST and few == sorted(few)
    assert {points[0], points[-1], points[12_345], points[67_890]} <= set(few)


@pytest.mark.parametrize("count", [1, 2, 3, 50, 1000])
def test_smoothing_keeps_a_straight_line(count: int) -> None:
    points = [(step, 2.0 * step + 1) for step in range(count)]
    np.testing.assert_allclose(smooth(points), points)


@pytest.mark.parametrize(("count", "lines", "dots"), [(1, 0, 1), (2, 1, 2), (5000, 1, 0)])
def test_lines_of_any_length_are_drawn(count: int, lines: int, dots: int) -> None:
    points = [(step, 1.0) for step in range(count)]
    made = Page(chart([Line("a < b", "raw", points, marked=True)], "t", "d", "loss"))
    assert len(made.all("polyline")) == lines and len(made.all("circle")) == dots
    assert made.text("li") == ["a < b"]


def test_axes_hold_every_point() -> None:
    lines = [Line("a", "raw", [(5, 0.3), (90, 0.1)]), Line("b", "raw", [(120, 2.5)])]
    across, up = axes(lines)
    assert (across.low, across.high) == (0, 120)
    assert up.low <= 0.1 and up.high >= 2.5


@pytest.mark.parametrize("count", [1, 2, 6, 7, 8, 100])
def test_evenly_keeps_both_ends(count: int) -> None:
    chosen = evenly(range(count), 6)
    assert len(chosen) == len(set(chosen)) == min(count, 6)
    assert (chosen[0], chosen[-1]) == (0, count - 1)
