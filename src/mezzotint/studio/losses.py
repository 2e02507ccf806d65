"""The loss curves of a run: in training, as it is and smoothed, and on held-out pictures."""

from mezzotint.studio.chart import Line, Points, chart, smooth
from mezzotint.studio.markup import figure, paragraph
from mezzotint.studio.record import Record

FEWEST_SMOOTHED = 3  # points below which a smoothed line would only repeat the other


def losses(record: Record) -> str:
    """The chart, or a word where there is nothing to draw."""
    lines = _lines(record)
    if not lines:
        return paragraph("No losses were recorded.")
    described = describe(record)
    return figure(chart(lines, "Loss against training step", described, "loss"), described)


def describe(record: Record) -> str:
    """Where each curve begins and ends, in words."""
    named = [("Training loss", record.training), ("Held-out loss", record.validation)]
    return " ".join(_described(name, points) for name, points in named if points)


def _lines(record: Record) -> list[Line]:
    lines = []
    if record.training:
        lines.append(Line("training loss", "raw", record.training))
    if len(record.training) >= FEWEST_SMOOTHED:
        lines.append(Line("training loss, smoothed", "training", smooth(record.training)))
    if record.validation:
        lines.append(Line("held-out loss", "held-out", record.validation, marked=True))
    return lines


def _described(name: str, points: Points) -> str:
    (first, start), (last, end) = points[0], points[-1]
    if len(points) == 1:
        return f"{name}: {start:#.4g} at step {first:,}."
    return f"{name}: from {start:#.4g} at step {first:,} to {end:#.4g} at step {last:,}."
