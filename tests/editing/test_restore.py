"""Linear inverse problems, on correlated Gaussian pictures, of which all is known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import UniformLogSnr
from mezzotint.core.prediction import Estimate, with_image
from mezzotint.core.schedule import Cosine, Karras, Schedule
from mezzotint.editing.measure import BlockMeans, WeightedChannels
from mezzotint.editing.plan import Plan
from mezzotint.editing.restore import ITERATIONS, agree, matching
from mezzotint.editing.solvers import least_residual
from mezzotint.sampling import loop
from mezzotint.sampling.presets import PRESETS

from ..laws.members import every, precision
from .correlated import SHAPE, SMOOTH

STD = 0.05
MEASUREMENT = BlockMeans(2)
MATRIX = np.asarray(MEASUREMENT(jnp.eye(16).reshape(16, *SHAPE))).reshape(16, 4).T
MEASURED = np.array([0.3, -0.6, 0.9, 0.1])
POSTERIOR = SMOOTH.given(MATRIX, MEASURED, STD)


@every("schedule")
def test_the_estimate_is_that_of_the_posterior(schedule: Schedule) -> None:
    """At every time but the noisiest of a variance that explodes, in float64."""
    with precision():
        times = jnp.linspace(0, 1, 12)
        x = (
            jnp.asarray(np.random.default_rng(1).normal(0, 1, (12, *SHAPE)))
            * jnp.hypot(*schedule(times))[:, None, None, None]
        )
        measured = jnp.asarray(MEASURED.reshape(1, 2, 2, 1))
        found = matching(SMOOTH.denoiser(schedule), schedule, MEASUREMENT, measured, STD)(x, times)
        expected = POSTERIOR.denoiser(schedule)(x, times)
    np.testing.assert_allclose(found.image, expected.image, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["heun", "unipc"])
@pytest.mark.parametrize("schedule", [Cosine(max_signal=0.999), Karras()], ids=repr)
def test_what_is_sampled_has_the_posteriors_mean_and_variances(name: str, schedule: Schedule) -> None:
    """Without chance: a deterministic sampler's pictures of a Gaussian are linear in the start.

    So 17 starts tell the mean and the covariance of all. With 60 steps the mean is right to 0.01, and the
    variances, of 0.11 at most, to 0.01.
    """
    with precision():
        spread = jnp.hypot(*schedule(1.0))
        starts = spread * jnp.asarray(np.concatenate([np.zeros((1, 16)), np.eye(16)]).reshape(17, *SHAPE))
        denoise, times = SMOOTH.denoiser(schedule), loop.times(UniformLogSnr(), schedule, 60)
        plan = Plan(denoise, schedule, PRESETS[name], times, starts, loop.keys(0, 0, 17))
        measured = jnp.asarray(MEASURED.reshape(1, 2, 2, 1))
        made = jax.jit(lambda x: loop.sample(*agree(plan._replace(x=x), MEASUREMENT, measured, STD)))(starts)
    mean, linear = np.asarray(made[0]).ravel(), np.asarray(made[1:] - made[0]).reshape(16, 16)
    np.testing.assert_allclose(mean, POSTERIOR.mean, rtol=0, atol=0.01)
    np.testing.assert_allclose(linear.T @ linear, POSTERIOR.covariance, rtol=0, atol=0.01)


def test_an_estimate_costs_a_derivative_for_each_iteration() -> None:
    """Three pulls and no fourth, as docs/editing.md says."""
    pulled: list[None] = []

    @jax.custom_vjp
    def half(x: Array) -> Array:
        return x / 2

    def pull(_: None, cotangent: Array) -> tuple[Array]:
        jax.debug.callback(lambda: pulled.append(None))
        return (cotangent / 2,)

    half.defvjp(lambda x: (half(x), None), pull)
    schedule, measured = Cosine(), jnp.asarray(MEASURED.reshape(1, 2, 2, 1))

    def denoise(x: Array, t: Array) -> Estimate:
        return with_image(schedule(t), x, half(x))

    x = jax.random.normal(jax.random.key(0), (1, *SHAPE))
    jax.block_until_ready(matching(denoise, schedule, MEASUREMENT, measured, STD)(x, jnp.full(1, 0.5)))
    jax.effects_barrier()
    assert len(pulled) == ITERATIONS == 3


def test_measurements() -> None:
    pictures = jnp.asarray(np.random.default_rng(0).random((2, 4, 6, 3)), "f")
    means = BlockMeans(2)(pictures)
    assert means.shape == (2, 2, 3, 3)
    np.testing.assert_allclose(means[1, 1, 2], pictures[1, 2:, 4:].mean((0, 1)), rtol=1e-6)
    luma = WeightedChannels(jnp.array([0.5, 0.3, 0.2]))(pictures)
    np.testing.assert_allclose(luma[..., 0], pictures @ np.array([0.5, 0.3, 0.2], "f"), rtol=1e-6)


def system(seed: int) -> np.ndarray:
    """A matrix that is positive and far from symmetric."""
    draws = np.random.default_rng(seed).normal(0, 1, (2, 4, 4))
    return np.eye(4) * 4 + draws[0] @ draws[0].T + 3 * (draws[1] - draws[1].T)


def solved(matrix: np.ndarray, b: Array, evaluations: int) -> np.ndarray:
    """The v with matrix v = b: its part is all of it."""

    def system(v: Array, same: Array) -> Array:
        return (v.reshape(-1, 4) @ matrix.T).reshape(v.shape)

    return np.asarray(jax.jit(lambda b: least_residual(lambda v: v, system, b, evaluations))(b)).reshape(
        -1, 4
    )


def test_the_residual_falls_to_0_without_symmetry() -> None:
    with precision():
        matrix, b = system(0), jnp.asarray(np.random.default_rng(1).normal(0, 1, (3, 2, 2, 1)))
        right = np.asarray(b).reshape(-1, 4)
        rests = [np.linalg.norm(right - solved(matrix, b, n) @ matrix.T, axis=1) for n in (1, 2, 3, 4)]
        assert np.all(np.diff(rests, axis=0) < 0)
        np.testing.assert_allclose(solved(matrix, b, 4), np.linalg.solve(matrix, right.T).T, atol=1e-9)
        np.testing.assert_allclose(solved(matrix, b, 6), solved(matrix, b, 4), atol=1e-9)


def test_a_right_side_of_0_gives_0_and_disturbs_no_other() -> None:
    with precision():
        matrix, b = system(0), jnp.asarray(np.random.default_rng(1).normal(0, 1, (2, 2, 2, 1))).at[0].set(0)
        both = solved(matrix, b, 3)
        np.testing.assert_array_equal(both[0], 0)
        np.testing.assert_allclose(both[1:], solved(matrix, b[1:], 3), rtol=1e-12)
