"""Grids: strictly falling times from 1, inside [0, 1], as many as were asked for."""

import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.core.grid import Grid, KarrasGrid, Uniform, UniformLogSnr
from mezzotint.core.schedule import Schedule, log_snr

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
