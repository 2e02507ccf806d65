"""Levenberg-Marquardt on problems whose minimum is known."""

from collections.abc import Callable

import numpy as np
import pytest

from mezzotint.tuning.least_squares import Squares, minimise


def problem(residuals: Callable, jacobian: Callable) -> tuple[Callable, Callable, list[np.ndarray]]:
    """squares and value of residuals, and where squares was asked for."""
    asked: list[np.ndarray] = []

    def squares(at: np.ndarray) -> Squares:
        asked.append(at)
        r, j = residuals(at), jacobian(at)
        return Squares(np.mean(r**2), r @ j / len(r), j.T @ j / len(r))

    return squares, lambda at: float(np.mean(residuals(at) ** 2)), asked


def test_a_line_is_fitted_as_lstsq_fits_it() -> None:
    random = np.random.default_rng(0)
    matrix, wanted = random.standard_normal((50, 4)), random.standard_normal(50)
    squares, value, asked = problem(lambda at: matrix @ at - wanted, lambda at: matrix)
    found = minimise(squares, value, np.zeros(4))
    np.testing.assert_allclose(found, np.linalg.lstsq(matrix, wanted)[0], atol=1e-4)
    assert len(asked) <= 6


@pytest.mark.parametrize("start", [[0.0, 1.0], [2.0, -1.5]])
def test_rosenbrocks_valley_is_followed_to_its_end(start: list[float]) -> None:
    """Residuals 10 (y - x^2) and 1 - x: 0 at (1, 1), at the end of a bent valley."""
    squares, value, _ = problem(
        lambda at: np.array([10 * (at[1] - at[0] ** 2), 1 - at[0]]),
        lambda at: np.array([[-20 * at[0], 10.0], [-1.0, 0.0]]),
    )
    found = minimise(squares, value, np.array(start))
    np.testing.assert_allclose(found, [1, 1], atol=0.02)


def test_it_never_ends_higher_than_it_began() -> None:
    """A Jacobian of the wrong sign leads uphill everywhere: it gives up where it started."""
    squares, value, _ = problem(lambda at: at - 3.0, lambda at: -np.eye(2))
    start = np.array([1.0, 1.0])
    np.testing.assert_array_equal(minimise(squares, value, start), start)


def test_a_parameter_that_does_nothing_is_left_alone() -> None:
    squares, value, _ = problem(
        lambda at: np.array([at[0] - 1, 2.0]), lambda at: np.array([[1.0, 0], [0, 0]])
    )
    np.testing.assert_allclose(minimise(squares, value, np.array([0.0, 5.0])), [1, 5], atol=1e-4)
