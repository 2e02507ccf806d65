"""Levenberg-Marquardt for a handful of parameters and a sum of very many squares.

A step solves (H + damping * diag(H)) step = -g, of the Gauss-Newton curvature H and the gradient g. The
damping follows how much of the expected gain came true: Nielsen, Damping parameter in Marquardt's method,
1999.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

ITERATIONS = 20  # at most
GAIN = 1e-4  # the search ends with a step that gains less than this share
DAMPING = (1e-2, 1e6)  # the first, and the one at which the search gives up
LONGEST = 2.0  # change of a parameter in a step


class Squares(NamedTuple):
    """A mean of squared residuals r, and what it looks like nearby: J is their Jacobian.

    Attributes:
        value: the mean of r^2.
        gradient: the mean of r J.
        curvature: the mean of J' J.
    """

    value: Float[Array, ""]
    gradient: Float[Array, " parameters"]
    curvature: Float[Array, "parameters parameters"]


def minimise(
    squares: Callable[[np.ndarray], Squares],
    value: Callable[[np.ndarray], float],
    start: Float[np.ndarray, " parameters"],
) -> Float[np.ndarray, " parameters"]:
    """Where the mean of squares is lowest, near `start`.

    Args:
        squares: the mean with its derivatives.
        value: the mean alone, which costs less.
        start: of the parameters.
    """
    (damping, most), growth, place = DAMPING, 2.0, start
    here = _double(squares(place))
    for _ in range(ITERATIONS):
        step = _step(here, damping)
        gain = float(here.value) - value(place + step)
        expected = float(-2 * here.gradient @ step - step @ here.curvature @ step)
        if gain > 0:
            place, before = place + step, float(here.value)
            damping, growth = damping * max(1 / 3, 1 - (2 * gain / expected - 1) ** 3), 2.0
            if gain < GAIN * before:
                break
            here = _double(squares(place))
        else:
            damping, growth = damping * growth, growth * 2
            if damping > most:
                break
    return place


def _step(here: Squares, damping: float) -> np.ndarray:
    """The damped Gauss-Newton step, cut where it is long."""
    scales = np.diag(here.curvature) + 1e-12 * np.trace(here.curvature)
    step = np.linalg.solve(here.curvature + damping * np.diag(scales), -here.gradient)
    return step / max(1.0, np.abs(step).max() / LONGEST)


def _double(squares: Squares) -> Squares:
    return jax.tree.map(lambda each: np.asarray(each, np.float64), squares)
