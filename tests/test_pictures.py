"""Grids: row by row, or a row for each kind."""

import numpy as np
import pytest

from mezzotint.pictures import cells, grid, to_bytes


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


@pytest.mark.parametrize(("count", "period"), [(16, 0), (10, 0), (64, 10), (10, 3), (3, 10)])
def test_cells_undo_a_grid(count: int, period: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 5, 7, 3)) / np.float32(255)
    sheet = grid(images.astype(np.float32), period=period)
    found = cells(sheet, (5, 7), count, period)
    np.testing.assert_array_equal(found, to_bytes(images))


def test_cells_refuse_what_is_no_such_grid() -> None:
    sheet = grid(np.zeros((4, 5, 7, 3), np.float32))
    with pytest.raises(ValueError, match="no pictures of 5x6"):
        cells(sheet, (5, 6), 4)
    with pytest.raises(ValueError, match="does not hold 5"):
        cells(sheet, (5, 7), 5)
