"""Numbers with the interval that holds the true one in 95 of 100 repetitions."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import norm, t

TAIL = 0.975  # a probability of 0.025 lies beyond either end


class Interval(NamedTuple):
    """A number and its 95% interval."""

    value: float
    low: float
    high: float


def share(chosen: Bool[np.ndarray, " count"]) -> Interval:
    """The share of independent pictures that are chosen: Wilson, J. Am. Stat. Assoc. 22 (1927), 209.

    Unlike the normal interval it stays within 0 and 1, and has a width where none or all are chosen.
    """
    return share_of(int(np.sum(chosen)), len(chosen))


def share_of(chosen: int, count: int) -> Interval:
    """The share of `count` pictures of which so many are chosen, as `share`."""
    value, z = chosen / count, float(norm.ppf(TAIL))
    middle = value + z**2 / (2 * count)
    half = z * np.sqrt(value * (1 - value) / count + (z / (2 * count)) ** 2)
    low, high = ((middle + side) / (1 + z**2 / count) for side in (-half, half))
    return Interval(value, float(low) if value > 0 else 0.0, float(high) if value < 1 else 1.0)


def jackknife(value: float, without: Float[np.ndarray, " parts"]) -> Interval:
    """Any number, from what it is without each part of the pictures in turn.

    The jackknife that leaves out groups: Shao & Wu, Ann. Statist. 17 (1989), 1176. It holds for numbers that
    jump as pictures go, where leaving out single ones does not.

    Args:
        value: the number of all pictures.
        without: of all but one part, each part as large.
    """
    parts = len(without)
    half = float(t.ppf(TAIL, parts - 1) * np.sqrt((parts - 1) * np.var(without)))
    return Interval(value, value - half, value + half)


def mean(values: Float[np.ndarray, " count"]) -> Interval:
    """The mean of two or more independent, about normal numbers: Student, Biometrika 6 (1908), 1."""
    value, count = float(np.mean(values)), len(values)
    half = float(t.ppf(TAIL, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return Interval(value, value - half, value + half)


def wider(first: Interval, second: Interval) -> Interval:
    """The first number, with an interval that holds both."""
    return Interval(first.value, min(first.low, second.low), max(first.high, second.high))


def normal(value: float, error: float) -> Interval:
    """A number whose standard error is known, and normal."""
    half = float(norm.ppf(TAIL)) * error
    return Interval(value, value - half, value + half)
