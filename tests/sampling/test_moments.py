"""Stochastic samplers: the marginal of x at every time of the trajectory is that of the schedule."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.arrays import Keys
from mezzotint.core.grid import UniformLogSnr
from mezzotint.core.schedule import Schedule, log_snr
from mezzotint.sampling import fresh, loop
from mezzotint.sampling.churn import Churned
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS

from ..laws.members import every
from . import table
from .gaussian import Gaussian
from .table import Table

GAUSSIAN = Gaussian()
STEPS = 100
# What steps of length h in log-SNR leave of the variance's relative error, over h, which is 0.10 to 0.28.
BIAS = {"ddpm": 0.45, "dpmpp-2m-sde": 0.05, "churned": 0.05}


@every("schedule")
@pytest.mark.parametrize("name", BIAS)
def test_mean_and_variance_are_right_at_every_time(name: str, schedule: Schedule) -> None:
    """Of 100,000 pixels: within 5 standard errors, 0.016 of a std and 2.2 % of the variance, and the bias."""
    times = loop.times(UniformLogSnr(), schedule, STEPS).values
    rates = schedule(times[:STEPS])
    means, spreads = rates.alpha * GAUSSIAN.mean, GAUSSIAN.spread(rates)
    start = means[0] + spreads[0] * fresh.noise(loop.keys(1, 0, 10), (100, 100, 1))
    noisy = program(name)(Table.of(schedule, times), start, loop.keys(0, 0, 10))
    pixels = np.asarray(noisy, np.float64).reshape(STEPS, -1)
    assert pixels.shape == (STEPS, 100_000)
    np.testing.assert_allclose((pixels.mean(1) - means) / spreads, 0, atol=5 / np.sqrt(100_000))
    bias = BIAS[name] * float(log_snr(rates)[1] - log_snr(rates)[0])
    np.testing.assert_allclose(pixels.var(1) / spreads**2, 1, atol=5 * np.sqrt(2 / 100_000) + bias)


@cache
def program(name: str) -> jax.stages.Wrapped:
    """A sampler's trajectories, compiled once for all schedules."""
    sampler: Sampler = Churned() if name == "churned" else PRESETS[name]
    times = table.times(jnp.asarray(STEPS))

    def noisy(schedule: Table, start: Array, keys: Keys) -> Array:
        denoise = GAUSSIAN.denoiser(schedule)
        return loop.trajectory(denoise, schedule, sampler, times, start, keys, frames=STEPS)[0]

    return jax.jit(noisy)
