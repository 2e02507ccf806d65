"""An evaluation's report as a few lines of text."""

from mezzotint.evaluation.report import Number, Report


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


def _row(name: str, number: Number) -> str:
    interval = f"{number.low:.4g} to {number.high:.4g}"
    return _cells(name, f"{number.value:.4g}", interval, f"{number.floor:.4g}")


def _cells(name: str, value: str, interval: str, floor: str) -> str:
    return f"{name:<36}{value:>10}  {interval:<24}{floor:>16}"
