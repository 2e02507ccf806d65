"""An evaluation's report as a few lines of text, and that of several."""

from collections.abc import Sequence

from mezzotint.evaluation.repeats import Repeated, repeated
from mezzotint.evaluation.report import Number, Report

RANGE = 22  # of its column: two numbers with "to"


def text(report: Report) -> str:
    """What was compared, the warnings, a row for each number, and the copies."""
    lines = [
        f"{report.count:,} pictures of {report.what} against {report.against}: {report.train:,} training and "
        f"{report.held_out:,} held-out pictures, seed {report.seed}",
        *(f"warning: {warning}" for warning in report.warnings),
        _cells("", "value", "95% interval", f"{report.floor_count:,} {report.floor_of}"),
        *(_row(name, number) for name, number in report.numbers.items()),
        copies(report),
    ]
    return "\n".join(lines)


def copies(report: Report) -> str:
    """The share of copies with its interval, and that of held-out pictures."""
    found = report.copies
    return (
        f"copies of training pictures: {found.share:.1%} ({found.low:.1%} to {found.high:.1%}); "
        f"of held-out pictures {found.held_out:.1%}\n"
        f"nearer to training than to held-out pictures: {found.nearer:.1%}; {abs(found.trend):.1f} standard "
        f"errors {'farther from' if found.trend > 0 else 'nearer to'} the former than held-out ones are"
    )


def over_seeds(reports: Sequence[Report]) -> str:
    """A row for each number: its mean over the seeds, the interval of the mean, and how far it went."""
    seeds = ", ".join(str(report.seed) for report in reports)
    lines = [
        f"{len(reports)} times {reports[0].count:,} pictures of {reports[0].what}, of the seeds {seeds}",
        _cells("", "mean", "95% interval of the mean", f"{'lowest to highest':>{RANGE}}"),
        *(_row_over_seeds(name, found) for name, found in repeated(reports).items()),
    ]
    return "\n".join(lines)


def _row_over_seeds(name: str, found: Repeated) -> str:
    interval = f"{found.mean.low:.4g} to {found.mean.high:.4g}"
    between = f"{min(found.each):.4g} to {max(found.each):.4g}"
    return _cells(name, f"{found.mean.value:.4g}", interval, f"{between:>{RANGE}}")


def _row(name: str, number: Number) -> str:
    interval = f"{number.low:.4g} to {number.high:.4g}"
    return _cells(name, f"{number.value:.4g}", interval, f"{number.floor:.4g}")


def _cells(name: str, value: str, interval: str, last: str) -> str:
    return f"{name:<36}{value:>10}  {interval:<24}{last:>16}"
