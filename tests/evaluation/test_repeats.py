"""Evaluations of several seeds: the mean of each number, and copies that all of them together know best."""

from dataclasses import replace

import pytest

from mezzotint.evaluation.repeats import repeated
from mezzotint.evaluation.report import Copies
from mezzotint.metrics.intervals import share_of
from tests.evaluation.test_report import REPORT


def test_no_copy_in_any_seed_is_not_none_for_certain() -> None:
    """Student's interval of three zeros has no width; that of all pictures together has."""
    none = replace(REPORT, count=500, copies=Copies(0.0, 0.0, 0.008, 0.0, 0.0, 0.5))
    found = repeated([none] * 3)["copies"]
    assert found.mean == share_of(0, 1500) and found.mean.high == pytest.approx(0.00255, abs=1e-5)


def test_shares_stay_shares() -> None:
    shares = (0.0, 0.0, 0.06)
    reports = [replace(REPORT, count=100, copies=replace(REPORT.copies, share=each)) for each in shares]
    found = repeated(reports)["copies"]
    assert found.each == shares and found.mean.value == pytest.approx(0.02)
    assert 0 <= found.mean.low < 0.02 < 0.06 < found.mean.high <= 1
