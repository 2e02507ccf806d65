"""Levels: rising with the noise on every schedule, and each one's own formula."""

import jax.numpy as jnp
import numpy as np

from mezzotint.core.level import Angle, Level, LogRatio, Variance
from mezzotint.core.schedule import Cosine, Karras, Rates, Schedule

from .members import every, precision, times


@every("level")
@every("schedule")
def test_the_level_rises_with_the_time(level: Level, schedule: Schedule) -> None:
    with precision():
        levels = level(schedule(times()))
        assert levels.shape == (1000,)
        assert float(jnp.diff(levels).min()) > 0


@every("level")
def test_the_level_depends_on_the_rates_ratio_alone(level: Level) -> None:
    with precision():
        alpha, sigma = Cosine()(times())
        np.testing.assert_allclose(
            level(Rates(3 * alpha, 3 * sigma)), level(Rates(alpha, sigma)), rtol=1e-13, atol=1e-15
        )


def test_variance_is_sigma_squared_where_variance_is_preserved() -> None:
    with precision():
        rates = Cosine()(times())
        np.testing.assert_allclose(Variance()(rates), rates.sigma**2, rtol=1e-13)
        np.testing.assert_allclose(Variance()(Rates(jnp.ones(1000), 2 * jnp.ones(1000))), 0.8)


def test_angle_is_a_line_in_a_cosine_schedules_time() -> None:
    with precision():
        t = times()
        start, end = np.arccos(0.95), np.arccos(0.02)
        expected = (start + np.asarray(t) * (end - start)) / (np.pi / 2)
        np.testing.assert_allclose(Angle()(Cosine()(t)), expected, rtol=1e-13)


def test_log_ratio_is_edms_c_noise() -> None:
    with precision():
        rates = Karras()(times())
        np.testing.assert_allclose(LogRatio()(rates), np.log(rates.sigma) / 4, atol=1e-13)
