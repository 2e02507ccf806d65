"""Schedules: both rates above 0, log-SNR strictly falling, its inverse, and each one's own formula."""

import jax.numpy as jnp
import numpy as np
import pytest
from einops import rearrange

from mezzotint.core.schedule import (
    Cosine,
    Karras,
    Linear,
    LogSnr,
    Schedule,
    Straight,
    derivative,
    log_snr,
    mix,
)

from .members import both_precisions, every, precision, times

VARIANCE_PRESERVING = (Cosine, Linear, LogSnr)


@both_precisions
@every("schedule")
def test_both_rates_are_above_0_from_end_to_end(schedule: Schedule, double: bool) -> None:
    with precision(double):
        alpha, sigma = schedule(jnp.linspace(0, 1, 4001))
        assert float(alpha.min()) > 0 and float(sigma.min()) > 0
        assert bool(jnp.isfinite(alpha).all()) and bool(jnp.isfinite(sigma).all())


@both_precisions
@every("schedule")
def test_log_snr_falls_strictly(schedule: Schedule, double: bool) -> None:
    with precision(double):
        ratios = log_snr(schedule(jnp.linspace(0, 1, 2001)))
        assert float(jnp.diff(ratios).max()) < 0


@both_precisions
@every("schedule")
def test_time_is_the_inverse_of_log_snr(schedule: Schedule, double: bool) -> None:
    with precision(double):
        t = times(1000)
        found = schedule.time(log_snr(schedule(t)))
        assert found.shape == t.shape and found.dtype == t.dtype
        np.testing.assert_allclose(found, t, rtol=0, atol=2e-15 if double else 1e-6)


@both_precisions
@every("schedule")
def test_rates_keep_the_shape_and_the_precision_of_the_times(
    schedule: Schedule, double: bool
) -> None:
    with precision(double):
        grid = times(6).reshape(2, 3)
        rates = schedule(grid)
        alone = schedule(grid[1, 2])
        assert rates.alpha.shape == rates.sigma.shape == (2, 3)
        assert rates.alpha.dtype == rates.sigma.dtype == grid.dtype
        tolerance = 1e-14 if double else 3e-6
        np.testing.assert_allclose(rates.alpha[1, 2], alone.alpha, rtol=tolerance)
        np.testing.assert_allclose(rates.sigma[1, 2], alone.sigma, rtol=tolerance)


@every("schedule")
def test_the_derivative_is_a_finite_difference(schedule: Schedule) -> None:
    with precision():
        t, step = jnp.linspace(0.01, 0.99, 50), 1e-6
        above, below = schedule(t + step), schedule(t - step)
        for slope, up, down in zip(derivative(schedule, t), above, below, strict=True):
            np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("schedule", [cls() for cls in VARIANCE_PRESERVING], ids=repr)
def test_variance_preserving_rates_lie_on_the_unit_circle(schedule: Schedule) -> None:
    with precision():
        alpha, sigma = schedule(times())
        np.testing.assert_allclose(alpha**2 + sigma**2, 1, rtol=0, atol=1e-14)


def test_cosine_has_the_articles_angles() -> None:
    with precision():
        t = np.linspace(0, 1, 11)
        angle = np.arccos(0.95) + t * (np.arccos(0.02) - np.arccos(0.95))
        alpha, sigma = Cosine()(t)
        np.testing.assert_allclose(alpha, np.cos(angle), rtol=1e-14)
        np.testing.assert_allclose(sigma, np.sin(angle), rtol=1e-14)


def test_linear_follows_the_product_of_ddpms_thousand_betas() -> None:
    """Step k of 1000 stands at u = k / 1000; alpha within 0.0003 and log-SNR within 0.1 of it.

    The log-SNR's bound is for the first step, where betas jump from none to 1e-4.
    """
    with precision():
        products = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
        rates = Linear()(np.arange(1000) / 999)
        np.testing.assert_allclose(rates.alpha, np.sqrt(products), rtol=0, atol=3e-4)
        np.testing.assert_allclose(log_snr(rates), np.log(products / (1 - products)), atol=0.1)


def test_log_snr_is_a_line_between_its_ends() -> None:
    with precision():
        t = np.linspace(0, 1, 11)
        rates = LogSnr(max_log_snr=8, min_log_snr=-6)(t)
        np.testing.assert_allclose(log_snr(rates), 8 - 14 * t, rtol=0, atol=1e-13)


def test_karras_runs_from_0_002_to_80_by_the_seventh_root() -> None:
    with precision():
        alpha, sigma = Karras()(np.array([0.0, 0.25, 1.0]))
        quarter = (0.75 * 0.002 ** (1 / 7) + 0.25 * 80 ** (1 / 7)) ** 7
        np.testing.assert_allclose(sigma, [0.002, quarter, 80], rtol=1e-13)
        np.testing.assert_array_equal(alpha, 1)


def test_straights_rates_sum_to_1_and_are_lines() -> None:
    with precision():
        t = np.linspace(0, 1, 11)
        alpha, sigma = Straight()(t)
        np.testing.assert_allclose(alpha + sigma, 1, rtol=1e-15)
        np.testing.assert_allclose(sigma, 0.001 + 0.998 * t, rtol=1e-14)


def test_log_snr_is_twice_the_log_of_the_rates_ratio() -> None:
    with precision():
        rates = Straight()(np.array([0.2]))
        np.testing.assert_allclose(log_snr(rates), 2 * np.log(rates.alpha / rates.sigma), rtol=1e-14)


def test_mix_is_image_and_noise_each_by_its_own_images_rate() -> None:
    schedule, t = Cosine(), jnp.array([0.1, 0.9])
    image, noise = np.random.default_rng(0).standard_normal((2, 2, 3, 4, 1))
    mixed = mix(schedule(t), image, noise)
    alpha, sigma = (rearrange(np.asarray(rate), "b -> b 1 1 1") for rate in schedule(t))
    np.testing.assert_allclose(mixed, alpha * image + sigma * noise, rtol=1e-5, atol=1e-6)
