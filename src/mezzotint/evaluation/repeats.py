"""Evaluations that differ in their seed alone: how far each number moves with the noise of the pictures.

repeats.json:

    {"version": 1, "what": "runs/demo", "against": "fashion", "count": 1000, "seeds": [0, 1, 2],
     "numbers": {"KID[efficientnet-lite0]": {"value": ..., "low": ..., "high": ..., "each": [...]}, ...}}
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mezzotint.evaluation.report import Report
from mezzotint.metrics.intervals import Interval, mean, share_of, wider

VERSION = 1


class Repeated(NamedTuple):
    """A number of each evaluation.

    Attributes:
        mean: over them, with the interval of the mean.
        each: in their order.
    """

    mean: Interval
    each: tuple[float, ...]


def repeated(reports: Sequence[Report]) -> Mapping[str, Repeated]:
    """Every number, the share of copies among them, by name."""
    rows = [{name: number.value for name, number in report.numbers.items()} for report in reports]
    each = {name: tuple(row[name] for row in rows) for name in rows[0]}
    numbers = {name: Repeated(mean(np.array(values)), values) for name, values in each.items()}
    return {**numbers, "copies": _copies(reports)}


def _copies(reports: Sequence[Report]) -> Repeated:
    """Their share, with an interval that holds that of all pictures together and that of the seeds' mean."""
    each = tuple(report.copies.share for report in reports)
    count = sum(report.count for report in reports)
    together = share_of(sum(round(report.copies.share * report.count) for report in reports), count)
    over_seeds = mean(np.array(each))
    within = Interval(over_seeds.value, max(over_seeds.low, 0.0), min(over_seeds.high, 1.0))
    return Repeated(wider(together, within), each)


def to_json(reports: Sequence[Report]) -> str:
    """The text of repeats.json."""
    first, numbers = reports[0], repeated(reports)
    document = {
        "version": VERSION,
        "what": first.what,
        "against": first.against,
        "count": first.count,
        "seeds": [report.seed for report in reports],
        "numbers": {name: {**found.mean._asdict(), "each": found.each} for name, found in numbers.items()},
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
