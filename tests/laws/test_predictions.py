"""Predictions: what is put out at the truth gives the truth back, whatever the prediction."""

import jax.numpy as jnp
import numpy as np
import pytest
from einops import rearrange
from jax import Array

from mezzotint.core.prediction import (
    Flow,
    Image,
    Noise,
    Preconditioned,
    Prediction,
    Velocity,
    denoiser,
    estimate,
    target,
)
from mezzotint.core.schedule import Schedule, mix

from .members import both_precisions, every, members, precision, times, truth


def condition(pair: tuple[Array, Array], rates: tuple[Array, Array]) -> np.ndarray:
    """The condition number of the two lines that an estimate solves, at each time."""
    system = np.stack([np.stack(pair, -1), np.stack(rates, -1)], axis=-2)
    return np.linalg.cond(system)


@both_precisions
@every("schedule")
@every("prediction")
def test_the_targets_estimate_is_the_truth(prediction: Prediction, schedule: Schedule, double: bool) -> None:
    """Within 32 roundings, times the condition number of the two lines."""
    with precision(double):
        x, t, image, noise = truth(schedule)
        pair, rates = prediction.pair(schedule, t), schedule(t)
        found = estimate(pair, rates, x, target(pair, image, noise))
        bound = 32 * np.finfo(t.dtype).eps * condition(pair, rates)
        for solved, true in zip(found, (image, noise), strict=True):
            assert np.all(np.abs(solved - true).max((1, 2, 3)) < bound)


@every("schedule")
@every("prediction")
def test_any_outputs_estimate_solves_both_lines(prediction: Prediction, schedule: Schedule) -> None:
    with precision():
        x, t, output, _ = truth(schedule)
        pair, rates = prediction.pair(schedule, t), schedule(t)
        found = estimate(pair, rates, x, output)
        np.testing.assert_allclose(mix(rates, *found), x, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(target(pair, *found), output, rtol=1e-9, atol=1e-9)


@both_precisions
@every("schedule")
@every("prediction")
def test_the_two_lines_are_never_parallel(prediction: Prediction, schedule: Schedule, double: bool) -> None:
    """The sine of the angle between them keeps its sign and stays above 0.0009."""
    with precision(double):
        t = times()
        (a, b), (alpha, sigma) = prediction.pair(schedule, t), schedule(t)
        sine = (a * sigma - b * alpha) / (jnp.hypot(a, b) * jnp.hypot(alpha, sigma))
        assert len(np.unique(np.sign(sine))) == 1
        assert float(jnp.abs(sine).min()) > 0.0009


@every("schedule")
@every("prediction")
def test_the_denoiser_scales_the_input_and_solves_the_output(
    prediction: Prediction, schedule: Schedule
) -> None:
    with precision():
        x, t, image, noise = truth(schedule)
        pair, seen = prediction.pair(schedule, t), []

        def network(scaled: Array, at: Array) -> Array:
            seen.append((scaled, at))
            return target(pair, image, noise)

        found = denoiser(network, schedule, prediction)(x, t)
        np.testing.assert_allclose(found.image, image, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.noise, noise, rtol=1e-9, atol=1e-9)
        scale = rearrange(prediction.input_scale(schedule, t), "b -> b 1 1 1")
        np.testing.assert_allclose(seen[0][0], scale * x, rtol=1e-14)
        np.testing.assert_array_equal(seen[0][1], t)


@pytest.mark.parametrize("prediction", [Noise(), Image(), Velocity(), Flow()], ids=repr)
def test_all_but_the_preconditioned_show_the_network_x_itself(prediction: Prediction) -> None:
    with precision():
        for _, schedule in members("schedule"):
            np.testing.assert_array_equal(prediction.input_scale(schedule, times()), 1)


@every("schedule")
def test_noise_and_image_are_their_own_targets(schedule: Schedule) -> None:
    with precision():
        _, t, image, noise = truth(schedule)
        np.testing.assert_array_equal(target(Noise().pair(schedule, t), image, noise), noise)
        np.testing.assert_array_equal(target(Image().pair(schedule, t), image, noise), image)


@every("schedule")
def test_velocitys_target_is_alpha_noise_less_sigma_image(schedule: Schedule) -> None:
    with precision():
        _, t, image, noise = truth(schedule)
        alpha, sigma = (rearrange(rate, "b -> b 1 1 1") for rate in schedule(t))
        found = target(Velocity().pair(schedule, t), image, noise)
        np.testing.assert_allclose(found, alpha * noise - sigma * image, rtol=1e-13, atol=1e-13)


@every("schedule")
def test_flows_target_is_the_speed_of_x(schedule: Schedule) -> None:
    with precision():
        t, step = 0.01 + 0.98 * times(), 1e-6
        _, _, image, noise = truth(schedule)
        ahead, behind = mix(schedule(t + step), image, noise), mix(schedule(t - step), image, noise)
        found = target(Flow().pair(schedule, t), image, noise)
        np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-7)


def edm(x: Array, output: Array, ratio: Array, sigma_data: float) -> Array:
    """Karras et al., arXiv:2206.00364, eq. 7, of x in EDM's own scale: image + ratio * noise."""
    total = ratio**2 + sigma_data**2
    return sigma_data**2 / total * x + ratio * sigma_data / jnp.sqrt(total) * output


@pytest.mark.parametrize("sigma_data", [0.5, 1.0])
@every("schedule")
def test_preconditioned_is_edms_skip_and_out(schedule: Schedule, sigma_data: float) -> None:
    with precision():
        prediction = Preconditioned(sigma_data)
        x, t, _, output = truth(schedule)
        found = estimate(prediction.pair(schedule, t), schedule(t), x, output)
        alpha, sigma = (rearrange(rate, "b -> b 1 1 1") for rate in schedule(t))
        expected = edm(x / alpha, output, sigma / alpha, sigma_data)
        np.testing.assert_allclose(found.image, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("sigma_data", [0.5, 1.0])
@every("schedule")
def test_preconditioned_shows_and_asks_for_unit_variance(schedule: Schedule, sigma_data: float) -> None:
    """By the variances of independent image (sigma_data^2) and noise (1)."""
    with precision():
        prediction, t = Preconditioned(sigma_data), times()
        (a, b), (alpha, sigma) = prediction.pair(schedule, t), schedule(t)
        shown = prediction.input_scale(schedule, t) ** 2 * ((alpha * sigma_data) ** 2 + sigma**2)
        np.testing.assert_allclose(shown, 1, rtol=1e-12)
        np.testing.assert_allclose((a * sigma_data) ** 2 + b**2, 1, rtol=1e-12)
