"""Stochastic samplers: the marginal of x at every time of the trajectory is that of the schedule."""

from functools import partial

import jax
import numpy as np
import pytest

from mezzotint.core.grid import UniformLogSnr
from mezzotint.core.schedule import Cosine
from mezzotint.sampling import fresh, loop
from mezzotint.sampling.churn import Churned
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS

from .gaussian import Gaussian

GAUSSIAN = Gaussian()
STEPS = 100
# What 100 steps leave of the variance's error: of order 1 for DDPM, whose share halves with twice the steps.
BIAS = {"ddpm": 0.045, "dpmpp-2m-sde": 0.005, "churned": 0.005}


@pytest.mark.parametrize("name", BIAS)
def test_mean_and_variance_are_right_at_every_time(name: str) -> None:
    """Of 100,000 pixels: within 5 standard errors, 0.016 of a std and 2.2 % of the variance, and the bias.

    On one schedule: on the others the pictures are the same (test_orders.py, test_churn.py).
    """
    sampler: Sampler = Churned() if name == "churned" else PRESETS[name]
    schedule, keys = Cosine(), loop.keys(0, 0, 10)
    times = loop.times(UniformLogSnr(), schedule, STEPS)
    rates = schedule(times.values[:STEPS])
    means, spreads = rates.alpha * GAUSSIAN.mean, GAUSSIAN.spread(rates)
    start = means[0] + spreads[0] * fresh.noise(loop.keys(1, 0, 10), (100, 100, 1))
    run = partial(loop.trajectory, GAUSSIAN.denoiser(schedule), schedule, sampler, frames=STEPS)
    noisy, _ = jax.jit(run)(times, start, keys)
    pixels = np.asarray(noisy, np.float64).reshape(STEPS, -1)
    assert pixels.shape == (STEPS, 100_000)
    np.testing.assert_allclose((pixels.mean(1) - means) / spreads, 0, atol=5 / np.sqrt(100_000))
    np.testing.assert_allclose(pixels.var(1) / spreads**2, 1, atol=5 * np.sqrt(2 / 100_000) + BIAS[name])
