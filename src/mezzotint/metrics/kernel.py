"""KID, the kernel distance: how far two sets of features are apart, without a bias at any size.

The squared maximum mean discrepancy of a polynomial kernel: Binkowski et al., arXiv:1801.01401, section 4.
It is made of means over pairs: two sets of one origin give 0 on average, and so may give less.

Everything is float64 on the host, block by block, so that memory stays flat in the number of pairs. The
value is a small difference of large means, of which float32 would leave two or three digits.
"""

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from mezzotint.errors import UserError
from mezzotint.metrics.neighbours import blocks

FEWEST = 3  # pictures; with one of them left out there must still be a pair

First = Float[np.ndarray, "count dimensions"]
Second = Float[np.ndarray, "other_count dimensions"]
Sum = Any  # a number, or one for each picture that is left out


class Measured(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


class LeftOut(NamedTuple):
    """An estimate, and what it is without each picture in turn."""

    value: float
    of_first: Float[np.ndarray, " count"]
    of_second: Float[np.ndarray, " other_count"]


class Spread(NamedTuple):
    """Mean and standard deviation over subsets; these overlap, so that it is no standard error."""

    mean: float
    deviation: float


def kid(first: First, second: Second) -> Measured:
    """KID from all pairs, with its standard error by the jackknife.

    Where both sets have one origin the error is about the square root of 2 too large, because the estimate
    is then purely quadratic.

    Raises:
        UserError: fewer than three pictures in a set.
    """
    found = _leave_out(first, second)
    return Measured(found.value, _jackknife(found.of_first, found.of_second))


def kid_difference(first: First, other: First, second: Second) -> Measured:
    """How much larger KID(first, second) is than KID(other, second), with its standard error.

    Pictures of one place in `first` and `other` belong together, such as those that two samplers make of the
    same noise; what is common to them, and to the second set, does not count as uncertain.

    Raises:
        UserError: fewer than three pictures in a set.
    """
    found, base = _leave_out(first, second), _leave_out(other, second)
    error = _jackknife(found.of_first - base.of_first, found.of_second - base.of_second)
    return Measured(found.value - base.value, error)


def kid_of_subsets(
    first: First, second: Second, count: int = 100, size: int = 1000, seed: int = 2020
) -> Spread:
    """KID as torch-fidelity gives it: over `count` random subsets of `size` pictures of each set.

    The subsets are those that torch-fidelity draws, by NumPy's frozen `RandomState`, for comparison with
    published numbers; `kid` uses every pair, and says how sure it is.

    Raises:
        UserError: a set is smaller than a subset.
    """
    smallest = min(len(first), len(second))
    if smallest < size:
        raise UserError(f"a set has {smallest} pictures, fewer than the {size} of a subset: make more")
    random = np.random.RandomState(seed)
    draw = lambda each: each[random.choice(len(each), size, replace=False)]  # noqa: E731
    found = [_value(draw(first), draw(second)) for _ in range(count)]
    return Spread(float(np.mean(found)), float(np.std(found)))


def polynomial(x: First, y: Second) -> Float[np.ndarray, "count other_count"]:
    """(x . y / dimensions + 1)^3 of each pair: Binkowski et al., arXiv:1801.01401, section 4."""
    base = np.asarray(x, np.float64) @ np.asarray(y, np.float64).T / x.shape[1] + 1
    return base * base * base


def mmd2(n: int, m: int, in_x: Sum, in_y: Sum, across: Sum) -> Sum:
    """The unbiased squared discrepancy of n and m pictures: Gretton et al., JMLR 13 (2012), eq. 3.

    Args:
        n: pictures of the first set.
        m: pictures of the second.
        in_x: the kernel summed over the first set's ordered pairs of two different pictures.
        in_y: the same of the second set.
        across: the kernel summed over the pairs of one of each.
    """
    return in_x / (n * (n - 1)) + in_y / (m * (m - 1)) - 2 * across / (n * m)


def _jackknife(of_first: Float[np.ndarray, " count"], of_second: Float[np.ndarray, " other_count"]) -> float:
    """The standard error, from the estimates without each picture.

    The jackknife of a two-sample U-statistic: Arvesen, Ann. Math. Statist. 40 (1969), 2076.
    """
    n, m = len(of_first), len(of_second)
    return float(np.sqrt((n - 1) * np.var(of_first) + (m - 1) * np.var(of_second)))


def _leave_out(first: First, second: Second) -> LeftOut:
    """KID and each KID without a picture, all from the sums of the kernel's rows."""
    n, m = len(first), len(second)
    if min(n, m) < FEWEST:
        raise UserError(f"KID with its error needs {FEWEST} pictures a set, and there are {n} and {m}")
    in_x, in_y, (from_x, from_y) = _within(first), _within(second), _across(first, second)
    totals = in_x.sum(), in_y.sum(), from_x.sum()
    of_first = mmd2(n - 1, m, totals[0] - 2 * in_x, totals[1], totals[2] - from_x)
    of_second = mmd2(n, m - 1, totals[0], totals[1] - 2 * in_y, totals[2] - from_y)
    return LeftOut(float(mmd2(n, m, *totals)), of_first, of_second)


def _value(x: First, y: Second) -> float:
    return float(mmd2(len(x), len(y), _within(x).sum(), _within(y).sum(), _across(x, y)[0].sum()))


def _within(x: First) -> Float[np.ndarray, " count"]:
    """For each picture, the kernel summed over the others of its set."""
    itself = (np.einsum("nd,nd->n", x, x, dtype=np.float64) / x.shape[1] + 1) ** 3
    return _across(x, x)[0] - itself


def _across(x: First, y: Second) -> tuple[np.ndarray, np.ndarray]:
    """For each picture of either set, the kernel summed over the other set."""
    from_x, from_y = np.zeros(len(x)), np.zeros(len(y))
    for rows, columns in product(blocks(len(x)), blocks(len(y))):
        pairs = polynomial(x[rows], y[columns])
        from_x[rows] += pairs.sum(axis=1)
        from_y[columns] += pairs.sum(axis=0)
    return from_x, from_y
