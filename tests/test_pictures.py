"""Grids: row by row, or a row for each kind."""

import numpy as np
import pytest

from mezzotint.pictures import grid


def shades(count: int) -> np.ndarray:
    """1x1 pictures of 0, 1, 2, ... of 255."""
    return np.arange(count, dtype=np.float64).reshape(count, 1, 1, 1) / 255


@pytest.mark.parametrize(
    ("count", "period", "expected"),
    [
        (5, 0, [[0, 1, 2], [3, 4, 255]]),
        (4, 1, [[0, 1], [2, 3]]),
        (6, 2, [[0, 2, 4], [1, 3, 5]]),
        (7, 3, [[0, 3, 6], [1, 4, 255], [2, 5, 255]]),
        (5, 3, [[0, 1, 2], [3, 4, 255]]),  # some kinds would stand alone
    ],
    ids=["no kinds", "one kind", "two kinds", "a last column that is not full", "too few of each"],
)
def test_each_kind_has_its_row(count: int, period: int, expected: list[list[int]]) -> None:
    sheet = grid(shades(count), period=period)
    np.testing.assert_array_equal(sheet[::3, ::3, 0], expected)
