"""Objectives: nothing at the truth, something elsewhere, and the figures worked out by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from einops import rearrange
from jax import Array

from mezzotint.core.objective import (
    Edm,
    LogNormalTimes,
    MinSnr,
    NoiseAndImage,
    Objective,
    Plain,
    TimeDraw,
    Truth,
    UniformTimes,
    Weighted,
    Weighting,
    noised,
)
from mezzotint.core.prediction import (
    Estimate,
    Image,
    Noise,
    Preconditioned,
    Prediction,
    Velocity,
    estimate,
    target,
)
from mezzotint.core.schedule import Cosine, Karras, Schedule, log_snr

from .members import every, members, precision, times, truth

OBJECTIVES = [
    *members("objective"),
    ("plain-l1", Plain("l1")),
    *((f"plain-{name}", Plain(prediction=each)) for name, each in members("prediction")),
    *((f"weighted-{name}", Weighted(each)) for name, each in members("weighting")),
]
every_objective = pytest.mark.parametrize(
    "objective", [pytest.param(each, id=name) for name, each in OBJECTIVES]
)


def error_of(output: Array | float, prediction: Prediction, schedule: Schedule, true: Truth) -> Estimate:
    """The estimate where the network is wrong by `output`."""
    pair = prediction.pair(schedule, true.t)
    right = target(pair, true.image, true.noise)
    return estimate(pair, schedule(true.t), true.x, right + output)


@every_objective
@every("schedule")
@every("prediction")
def test_the_loss_is_0_at_the_truth_and_above_0_elsewhere(
    prediction: Prediction, schedule: Schedule, objective: Objective
) -> None:
    with precision():
        true = truth(schedule)
        exact = objective(schedule, prediction, true, Estimate(true.image, true.noise))
        np.testing.assert_array_equal(exact, np.zeros(1000))
        for wrong in (0.1, -0.1):
            estimated = error_of(wrong, prediction, schedule, true)
            found = objective(schedule, prediction, true, estimated)
            assert found.shape == (1000,) and float(found.min()) > 0


@every_objective
def test_each_images_loss_is_its_own(objective: Objective) -> None:
    with precision():
        schedule, prediction = Cosine(), Velocity()
        true = truth(schedule)
        wrong = error_of(0.1 * true.image, prediction, schedule, true)
        together = objective(schedule, prediction, true, wrong)
        swapped = jax.tree.map(lambda leaf: leaf[::-1], (true, wrong))
        found = objective(schedule, prediction, *swapped)
        np.testing.assert_allclose(found, together[::-1], rtol=1e-12)
        assert len(np.unique(found)) == 1000


def by_hand() -> tuple[Truth, Estimate]:
    """Two images of 1x2 pixels at t = 0 and 1; their image errors, then their noise errors."""

    def images(*values: float) -> Array:
        return jnp.array(values, float).reshape(2, 1, 2, 1)

    image, noise = images(5, 6, 7, 8), images(-1, -2, -3, -4)
    true = noised(Cosine(), jnp.array([0.0, 1.0]), image, noise)
    return true, Estimate(image + images(1, -3, 0, -1), noise + images(2, 0, 4, 4))


# (objective, its loss of the two images above); the SNRs are 0.95^2 / (1 - 0.95^2) = 9.256 and
# 0.02^2 / (1 - 0.02^2) = 0.0004002
SNR = [0.95**2 / (1 - 0.95**2), 0.02**2 / (1 - 0.02**2)]
BY_HAND = [
    (NoiseAndImage(), [2 + 1, 0.5 + 4]),
    (Plain("l1"), [1, 4]),
    (Plain("l2"), [2, 16]),
    (Plain("l1", Image()), [2, 0.5]),
    (Plain("l2", Image()), [5, 0.5]),
    (Weighted(MinSnr()), [5 * 5, SNR[1] * 0.5]),
    (Weighted(MinSnr(gamma=100.0)), [SNR[0] * 5, SNR[1] * 0.5]),
    (Weighted(Edm()), [(SNR[0] + 1) * 5, (SNR[1] + 1) * 0.5]),
    (Weighted(Edm(sigma_data=0.5)), [(SNR[0] + 4) * 5, (SNR[1] + 4) * 0.5]),
]


@pytest.mark.parametrize(("objective", "expected"), BY_HAND, ids=repr)
def test_the_loss_is_what_it_is_by_hand(objective: Objective, expected: list[float]) -> None:
    with precision():
        found = objective(Cosine(), Noise(), *by_hand())
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@every("schedule")
def test_plain_of_velocity_compares_velocities(schedule: Schedule) -> None:
    with precision():
        true = truth(schedule)
        wrong = error_of(0.3 * true.image, Noise(), schedule, true)
        alpha, sigma = (rearrange(rate, "b -> b 1 1 1") for rate in schedule(true.t))
        error = alpha * (wrong.noise - true.noise) - sigma * (wrong.image - true.image)
        found = Plain("l2", Velocity())(schedule, Noise(), true, wrong)
        np.testing.assert_allclose(found, (error**2).mean((1, 2, 3)), rtol=1e-9)


@every("schedule")
@every("prediction")
def test_plain_is_the_error_of_the_networks_output(prediction: Prediction, schedule: Schedule) -> None:
    with precision():
        true = truth(schedule)
        error = 0.3 * true.image
        found = error_of(error, prediction, schedule, true)
        for norm, expected in (("l1", jnp.abs(error)), ("l2", error**2)):
            losses = Plain(norm)(schedule, prediction, true, found)
            np.testing.assert_allclose(losses, expected.mean((1, 2, 3)), rtol=1e-7)


@pytest.mark.parametrize("sigma_data", [0.5, 1.0])
@every("schedule")
def test_edms_weight_makes_the_preconditioned_outputs_weight_1(schedule: Schedule, sigma_data: float) -> None:
    with precision():
        prediction = Preconditioned(sigma_data)
        true = truth(schedule)
        error = 0.3 * true.noise
        wrong = error_of(error, prediction, schedule, true)
        found = Weighted(Edm(sigma_data))(schedule, prediction, true, wrong)
        np.testing.assert_allclose(found, (error**2).mean((1, 2, 3)), rtol=1e-8)


@every("schedule")
@every("weighting")
def test_weights_are_above_0_and_never_rise_with_the_noise(weighting: Weighting, schedule: Schedule) -> None:
    with precision():
        weights = weighting(schedule, times())
        assert float(weights.min()) > 0
        assert float(jnp.diff(weights).max()) <= 0


@every("schedule")
def test_noised_is_the_line_that_estimates_solve(schedule: Schedule) -> None:
    with precision():
        x, t, image, noise = truth(schedule)
        alpha, sigma = (rearrange(rate, "b -> b 1 1 1") for rate in schedule(t))
        np.testing.assert_allclose(x, alpha * image + sigma * noise, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "draw", [*(each for _, each in members("times")), UniformTimes(stratified=True)], ids=repr
)
@every("schedule")
def test_drawn_times_lie_in_the_unit_interval_and_come_from_the_key(
    draw: TimeDraw, schedule: Schedule
) -> None:
    found, again, other = (draw(jax.random.key(k), schedule, 1000) for k in (0, 0, 1))
    assert found.shape == (1000,)
    assert float(found.min()) >= 0 and float(found.max()) <= 1
    np.testing.assert_array_equal(found, again)
    assert float(jnp.abs(found - other).max()) > 1e-4


def test_uniform_times_have_the_uniforms_moments() -> None:
    """20,000 draws: mean within 0.01 of 1/2 (5 standard errors), variance within 0.003 of 1/12."""
    draws = UniformTimes()(jax.random.key(0), Cosine(), 20_000)
    np.testing.assert_allclose(draws.mean(), 1 / 2, atol=0.01)
    np.testing.assert_allclose(draws.var(), 1 / 12, atol=0.003)


def test_stratified_times_are_one_in_each_stratum_and_uniform_inside_it() -> None:
    draws = np.asarray(UniformTimes(stratified=True)(jax.random.key(0), Cosine(), 1000))
    np.testing.assert_array_equal(np.sort(np.floor(draws * 1000)), np.arange(1000))
    within = np.modf(draws * 1000)[0]
    np.testing.assert_allclose([within.mean(), within.var()], [1 / 2, 1 / 12], atol=0.05)


@pytest.mark.parametrize("settings", [{}, {"mean": -0.5, "std": 0.8}], ids=repr)
def test_log_normal_times_have_the_moments_asked_for(settings: dict[str, Any]) -> None:
    """20,000 draws on a schedule wide enough not to clip: within 5 standard errors."""
    draw, schedule = LogNormalTimes(**settings), Karras(min_sigma=1e-5, max_sigma=1e4)
    log_ratio = -log_snr(schedule(draw(jax.random.key(0), schedule, 20_000))) / 2
    error = 5 * draw.std / np.sqrt(20_000)
    np.testing.assert_allclose(log_ratio.mean(), draw.mean, atol=error)
    np.testing.assert_allclose(log_ratio.std(), draw.std, atol=error)
    assert (draw.mean, draw.std) == (settings.get("mean", -1.2), settings.get("std", 1.2))
