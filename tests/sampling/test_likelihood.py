"""Log-densities against closed forms: a Gaussian, and a mixture whose pixels depend on each other."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Cosine, Schedule, Straight
from mezzotint.sampling import loop
from mezzotint.sampling.likelihood import flow, log_density, log_normal, with_divergence

from ..laws.members import every, precision
from .gaussian import Gaussian
from .modes import MODES

COSINE = Cosine()


def noisy(schedule: Schedule, image: Array) -> tuple[Array, Array]:
    """x at t = 0, and z, which is x over the length of the rates."""
    alpha, sigma = schedule(0.0)
    x = alpha * image + sigma * np.random.default_rng(1).standard_normal(image.shape)
    return x, (x / jnp.hypot(alpha, sigma)).astype(jnp.result_type(float))


def measured(
    denoise: Denoiser, schedule: Schedule, z: Array, steps: list[int], probes: int = 1
) -> list[Array]:
    """log_density for each number of steps, (probes, batch), by one program."""
    run = jax.jit(lambda steps: log_density(denoise, schedule, z, loop.keys(0, 0, len(z)), steps, probes))
    return [run(jnp.asarray(count)) for count in steps]


@pytest.mark.parametrize("schedule", [COSINE, Straight()], ids=repr)
def test_halving_the_steps_divides_the_error_by_2_to_the_4(schedule: Schedule) -> None:
    """Or by more, where the flow rests at both ends; on the Gaussian, whose flow is linear.

    Its density is log N(z_1) and the log of how far it stretches. Its Jacobian is diagonal, so that every
    probe of signs gives the trace exactly.
    """
    gaussian = Gaussian()
    with precision():
        first, last = (gaussian.spread(r) / jnp.hypot(*r) for r in (schedule(0.0), schedule(1.0)))
        _, z = noisy(schedule, gaussian.mean + gaussian.std * jnp.linspace(-2, 2, 24).reshape(4, 2, 3, 1))
        start = gaussian.flow(schedule, z * jnp.hypot(*schedule(0.0)), 0.0, 1.0) / jnp.hypot(*schedule(1.0))
        exact = log_normal(start) + 6 * jnp.log(last / first)
        found = measured(gaussian.denoiser(schedule), schedule, z, [64, 128])
        errors = [float(jnp.abs(each[0] - exact).max()) for each in found]
        observed = np.log2(errors[0] / errors[1])
        assert observed > 3.9, f"order {observed:.2f}: errors {errors}"
        assert errors[0] < 1e-5


@every("schedule")
def test_the_mixtures_density_is_found_to_half_a_percent(schedule: Schedule) -> None:
    """In float32; -log p averages 4 to 6 nats, and the probes' own standard error is below 0.1 % of it."""
    x, z = noisy(schedule, MODES.draw(128))
    exact = MODES.log_density(schedule(0.0), x) + 6 * jnp.log(jnp.hypot(*schedule(0.0)))
    (found,) = measured(MODES.denoiser(schedule), schedule, z, [40], probes=16)
    assert found.shape == (16, 128) and found.dtype == jnp.float32
    np.testing.assert_allclose(found.mean(), exact.mean(), rtol=5e-3)
    error = found.mean(0) - exact
    assert float(jnp.abs(error).max()) < 6 * float(found.std(0).max()) / 4


def test_the_standard_error_of_probes_covers_the_truth() -> None:
    """The error of a picture over its standard error is Student's t of 15 degrees: 95 % within 2.13.

    Of 128 pictures 122 +- 2.5 are expected; four of these are allowed for.
    """
    with precision():
        straight = Straight()  # at t = 1 its x is N(0, 1) but for 0.001 of the image
        x, z = noisy(straight, MODES.draw(128))
        exact = MODES.log_density(straight(0.0), x) + 6 * jnp.log(jnp.hypot(*straight(0.0)))
        (found,) = measured(MODES.denoiser(straight), straight, z, [40], probes=16)
        np.testing.assert_allclose(found.mean(), exact.mean(), rtol=2e-3)
        score = (found.mean(0) - exact) / (found.std(0, ddof=1) / 4)
        assert 112 <= int((jnp.abs(score) < 2.13).sum()) <= 127
        assert abs(float(score.mean())) < 4 * np.sqrt(15 / 13 / 128)
        assert float(found.std(0).min()) > 0


def test_all_probes_together_give_the_trace() -> None:
    """Of a field that mixes its pixels, whose Jacobian depends on where it is."""
    with precision():
        matrix = jnp.asarray(np.random.default_rng(0).standard_normal((3, 3)))
        field = lambda z: jnp.sin(z.reshape(2, 3) @ matrix).reshape(z.shape)  # noqa: E731
        z = jnp.asarray(np.random.default_rng(1).standard_normal((2, 3, 1, 1)))
        signs = jnp.asarray(list(product([-1.0, 1.0], repeat=3)))
        probes = jnp.broadcast_to(signs[:, None, :, None, None], (8, 2, 3, 1, 1))
        value, divergence = with_divergence(field, z, probes)
        jacobian = jax.vmap(jax.jacobian(lambda row: jnp.sin(row @ matrix)))(z.reshape(2, 3))
        np.testing.assert_allclose(value, field(z), rtol=1e-12)
        np.testing.assert_allclose(divergence.mean(0), jnp.trace(jacobian, axis1=1, axis2=2), rtol=1e-12)
        assert float(divergence.std(0).min()) > 0.1


def test_every_evaluation_has_fresh_signs() -> None:
    """With a fixed probe the error of a path would not shrink as it is cut finer; with fresh ones it does."""
    with precision():
        _, z = noisy(COSINE, MODES.draw(64))
        coarse, fine = measured(MODES.denoiser(COSINE), COSINE, z, [10, 160], probes=8)
        assert float(fine.std(0).mean()) < float(coarse.std(0).mean()) / 2.5  # 4 times for fresh ones


def test_a_pictures_density_is_a_function_of_its_key_alone() -> None:
    _, z = noisy(COSINE, MODES.draw(5))
    keys, denoise = loop.keys(3, 0, 5), MODES.denoiser(COSINE)
    run = jax.jit(lambda z, keys: log_density(denoise, COSINE, z, keys, jnp.asarray(4), 2))
    others = jnp.roll(z, 2, axis=0).at[0].set(0)
    np.testing.assert_allclose(run(others, jnp.roll(keys, 2))[:, 2:], run(z, keys)[:, :3], rtol=1e-5)
    assert len(np.unique(np.asarray(run(z[:1].repeat(5, 0), keys)))) == 10


def test_another_number_of_steps_compiles_nothing_again() -> None:
    traces: list[int] = []

    def denoise(x: Array, t: Array) -> Estimate:
        traces.append(1)
        return MODES.denoiser(COSINE)(x, t)

    z, keys = jnp.zeros((2, 2, 3, 1)), loop.keys(0, 0, 2)
    run = jax.jit(lambda steps: flow(denoise, COSINE, z, keys, steps, 1))
    run(jnp.asarray(2))
    after_the_first = len(traces)
    assert after_the_first > 0
    for steps in (1, 5, 50):
        run(jnp.asarray(steps))
    assert len(traces) == after_the_first


@pytest.mark.parametrize("schedule", [COSINE, Straight()], ids=repr)
def test_the_flow_asks_at_the_schedules_own_times_from_0_to_1(schedule: Schedule) -> None:
    asked: list[float] = []

    def denoise(x: Array, t: Array) -> Estimate:
        jax.debug.callback(lambda now: asked.append(float(now[0])), t, ordered=True)
        return Estimate(x, x)

    flow(denoise, schedule, jnp.ones((2, 2, 3, 1)), loop.keys(0, 0, 2), jnp.asarray(2), 1)
    jax.effects_barrier()
    assert len(asked) == 8 and asked == sorted(asked)
    np.testing.assert_allclose([asked[0], asked[-1]], [0, 1], atol=1e-6)
