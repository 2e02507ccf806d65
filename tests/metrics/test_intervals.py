"""Intervals: published values, the mean's standard error, and how often they hold."""

import numpy as np
import pytest

from mezzotint.metrics.intervals import Interval, jackknife, mean, share, wider


@pytest.mark.parametrize(
    ("chosen", "of", "low", "high"), [(0, 10, 0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)]
)
def test_wilsons_interval(chosen: int, of: int, low: float, high: float) -> None:
    """The last is Newcombe's, Statist. Med. 17 (1998), 857, table I."""
    expected = Interval(chosen / of, low, high)
    np.testing.assert_allclose(share(np.arange(of) < chosen), expected, atol=5e-5)
    mirrored = share(np.arange(of) >= chosen)
    np.testing.assert_allclose(mirrored, (1 - chosen / of, 1 - high, 1 - low), atol=5e-5)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    """Of single pictures exactly; 2.262 is Student's quantile for nine degrees of freedom."""
    values = np.random.default_rng(0).random(10)
    without = np.array([np.delete(values, index).mean() for index in range(10)])
    half = 2.2622 * values.std(ddof=1) / np.sqrt(10)
    expected = (values.mean(), values.mean() - half, values.mean() + half)
    np.testing.assert_allclose(jackknife(float(values.mean()), without), expected, rtol=1e-4)
    np.testing.assert_allclose(mean(values), expected, rtol=1e-4)


def test_the_wider_holds_both() -> None:
    assert wider(Interval(0.5, 0.4, 0.6), Interval(0.5, 0.45, 0.7)) == Interval(0.5, 0.4, 0.7)
