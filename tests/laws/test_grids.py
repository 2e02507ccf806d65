"""Grids: strictly falling times from 1, inside [0, 1], as many as were asked for."""

import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.core.grid import Given, Grid, KarrasGrid, Uniform, UniformLogSnr
from mezzotint.core.schedule import Cosine, Schedule, log_snr
from mezzotint.errors import UserError

from .members import every, precision, times

COUNTS = (1, 2, 5, 100)


@every("schedule")
@every("grid")
def test_a_grid_falls_strictly_from_1_inside_the_unit_interval(grid: Grid, schedule: Schedule) -> None:
    """In float32, in which samplers run."""
    for count in COUNTS:
        found = np.asarray(grid(schedule, count))
        assert found.shape == (count,) and found.dtype == np.float32
        assert found[0] == 1
        assert np.all(np.diff(found) < 0)
        assert found.min() >= 0, f"the last of {count} times is {found[-1]}"


@every("schedule")
def test_uniform_times_are_1_less_k_over_n(schedule: Schedule) -> None:
    with precision():
        np.testing.assert_allclose(Uniform()(schedule, 5), [1, 0.8, 0.6, 0.4, 0.2], rtol=1e-15)


@every("schedule")
def test_log_snr_grid_has_even_log_snrs_between_the_ends(schedule: Schedule) -> None:
    with precision():
        found = log_snr(schedule(UniformLogSnr()(schedule, 1000)))
        clean, noisy = log_snr(schedule(times()))[jnp.array([0, -1])]
        expected = np.linspace(noisy, clean, 1000)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rho", [3.0, 7.0])
@every("schedule")
def test_karras_grid_has_even_roots_of_sigma_over_alpha(schedule: Schedule, rho: float) -> None:
    with precision():
        alpha, sigma = schedule(KarrasGrid(rho)(schedule, 1000))
        found = (np.asarray(sigma) / np.asarray(alpha)) ** (1 / rho)
        np.testing.assert_allclose(found, np.linspace(found[0], found[-1], 1000), rtol=1e-10)
        alpha, sigma = (np.asarray(rate)[[-1, 0]] for rate in schedule(times()))
        np.testing.assert_allclose(found[[0, -1]], (sigma / alpha) ** (1 / rho), rtol=1e-10)


def test_given_times_are_those_times_and_of_no_other_count() -> None:
    times = (1.0, 0.625, 0.125)
    np.testing.assert_array_equal(Given(times)(Cosine(), 3), times)
    with pytest.raises(UserError, match="the grid has 3 times, not 5"):
        Given(times)(Cosine(), 5)


@pytest.mark.parametrize(
    "times", [(), (0.9, 0.5), (1.0, 0.5, 0.5), (1.0, 1.5), (1.0, -0.1), (1.0, float("nan"))]
)
def test_given_times_that_are_no_grid_are_refused(times: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match="is no grid: its times must fall from 1"):
        Given(times)
