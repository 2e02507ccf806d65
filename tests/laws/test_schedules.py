"""Schedules: rates above 0, log-SNR strictly falling, its inverse, and each one's own formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.core.schedule import (
    Cosine,
    Karras,
    Linear,
    LogSnr,
    Rates,
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
        alpha, sigma = schedule(times())
        assert float(alpha.min()) > 0 and float(sigma.min()) > 0
        assert bool(jnp.isfinite(alpha).all()) and bool(jnp.isfinite(sigma).all())


@both_precisions
@every("schedule")
def test_log_snr_falls_strictly(schedule: Schedule, double: bool) -> None:
    with precision(double):
        ratios = log_snr(schedule(times()))
        assert float(jnp.diff(ratios).max()) < 0


@both_precisions
@every("schedule")
def test_time_is_the_inverse_of_log_snr(schedule: Schedule, double: bool) -> None:
    with precision(double):
        t = times()
        found = schedule.time(log_snr(schedule(t)))
        assert found.shape == t.shape and found.dtype == t.dtype
        np.testing.assert_allclose(found, t, rtol=0, atol=2e-15 if double else 1e-6)


@both_precisions
@every("schedule")
def test_rates_keep_the_shape_and_the_precision_of_the_times(schedule: Schedule, double: bool) -> None:
    with precision(double):
        for shape in ((), (1000,), (20, 50)):
            grid = jax.ShapeDtypeStruct(shape, times().dtype)
            for rate in jax.eval_shape(schedule, grid):
                assert (rate.shape, rate.dtype) == (grid.shape, grid.dtype)
            assert jax.eval_shape(schedule.time, grid).shape == shape


@every("schedule")
def test_the_derivative_is_a_finite_difference(schedule: Schedule) -> None:
    with precision():
        t, step = 0.01 + 0.98 * times(), 1e-6
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
        t = np.asarray(times())
        angle = np.arccos(0.95) + t * (np.arccos(0.02) - np.arccos(0.95))
        alpha, sigma = Cosine()(times())
        np.testing.assert_allclose(alpha, np.cos(angle), rtol=1e-14)
        np.testing.assert_allclose(sigma, np.sin(angle), rtol=1e-14)


def test_linear_follows_the_product_of_ddpms_thousand_betas() -> None:
    """alpha within 0.001, the first time (u = 0.001) standing for the first beta.

    The discrete product sums betas where the schedule integrates them, so at the noisy end, where
    alpha is small, the log-SNRs differ by a few betas.
    """
    with precision():
        products = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
        rates = Linear()(times())
        np.testing.assert_allclose(rates.alpha, np.sqrt(products), rtol=0, atol=1e-3)
        np.testing.assert_allclose(log_snr(rates), np.log(products / (1 - products)), atol=0.1)


def test_log_snr_is_a_line_between_its_ends() -> None:
    with precision():
        rates = LogSnr(max_log_snr=8.0, min_log_snr=-6.0)(times())
        np.testing.assert_allclose(log_snr(rates), np.linspace(8, -6, 1000), rtol=0, atol=1e-13)


def test_karras_runs_from_0_002_to_80_by_the_seventh_root() -> None:
    with precision():
        alpha, sigma = Karras()(times())
        roots = np.linspace(0.002 ** (1 / 7), 80 ** (1 / 7), 1000)
        np.testing.assert_allclose(np.asarray(sigma)[[0, -1]], [0.002, 80], rtol=1e-13)
        np.testing.assert_allclose(sigma, roots**7, rtol=1e-13)
        np.testing.assert_array_equal(alpha, 1)


def test_straights_rates_sum_to_1_and_are_lines() -> None:
    with precision():
        alpha, sigma = Straight()(times())
        np.testing.assert_allclose(alpha + sigma, 1, rtol=1e-15)
        np.testing.assert_allclose(sigma, np.linspace(0.001, 0.999, 1000), rtol=1e-14)


def test_log_snr_is_twice_the_log_of_the_rates_ratio() -> None:
    with precision():
        alpha, sigma = Straight()(times())
        expected = 2 * np.log(np.asarray(alpha) / np.asarray(sigma))
        np.testing.assert_allclose(log_snr(Rates(alpha, sigma)), expected, rtol=1e-13, atol=1e-13)


def test_mix_is_image_and_noise_each_by_its_own_images_rate() -> None:
    with precision():
        rates = Cosine()(times())
        image, noise = np.random.default_rng(0).standard_normal((2, 1000, 1, 2, 3))
        alpha, sigma = (np.asarray(rate).reshape(1000, 1, 1, 1) for rate in rates)
        expected = alpha * image + sigma * noise
        found = mix(rates, jnp.asarray(image), jnp.asarray(noise))
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
