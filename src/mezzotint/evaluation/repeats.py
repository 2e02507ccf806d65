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
from mezzotint.metrics.intervals import Interval, mean

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
    rows = [{**row, "copies": report.copies.share} for row, report in zip(rows, reports, strict=True)]
    each = {name: tuple(row[name] for row in rows) for name in rows[0]}
    return {name: Repeated(mean(np.array(values)), values) for name, values in each.items()}


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
