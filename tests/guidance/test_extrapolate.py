"""Guidance by a weaker denoiser: its ends, its interval, its cost, and where it takes the flow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import UniformLogSnr
from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Cosine, Schedule, mix
from mezzotint.guidance.extrapolate import Push, extrapolate, within
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim

from ..laws.members import every, precision
from .mixture import CLASSES, Mixture

INFINITY = float("inf")
STRONG, WEAK = CLASSES[1], Mixture()


def everywhere(scale: float) -> Push:
    return Push(scale, 0.0, INFINITY)


def noisy(schedule: Schedule) -> tuple[Array, Array]:
    """Eleven noisy pictures at even times, both ends included."""
    x = np.random.default_rng(0).standard_normal((11, 2, 3, 1))
    t = jnp.linspace(0, 1, 11)
    return jnp.asarray(x) * jnp.hypot(*schedule(t))[:, None, None, None], t


def both(schedule: Schedule) -> tuple[Denoiser, Denoiser]:
    return STRONG.denoiser(schedule), WEAK.denoiser(schedule)


@every("schedule")
def test_scale_1_is_the_strong_denoiser_and_scale_0_the_weak(schedule: Schedule) -> None:
    with precision():
        x, t = noisy(schedule)
        strong, weak = both(schedule)
        at_1 = extrapolate(strong, weak, schedule, everywhere(1.0))(x, t)
        at_0 = extrapolate(strong, weak, schedule, everywhere(0.0))(x, t)
        jax.tree.map(np.testing.assert_array_equal, at_1, strong(x, t))
        for found, expected in zip(at_0, weak(x, t), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(found).max())
        assert float(jnp.abs(at_0.image - at_1.image).max()) > 0.1


@every("schedule")
@pytest.mark.parametrize("scale", [-1.0, 0.5, 2.5])
def test_image_and_noise_still_make_up_x(schedule: Schedule, scale: float) -> None:
    with precision():
        x, t = noisy(schedule)
        found = extrapolate(*both(schedule), schedule, everywhere(scale))(x, t)
        np.testing.assert_allclose(mix(schedule(t), *found), x, rtol=0, atol=1e-12 * np.abs(x).max())


@every("schedule")
def test_outside_the_interval_nothing_is_touched(schedule: Schedule) -> None:
    """Between the third and the seventh of eleven times; rounding decides about these two."""
    with precision():
        x, t = noisy(schedule)
        alpha, sigma = schedule(t)
        push = Push(3.0, *(sigma / alpha)[jnp.array([3, 7])])
        strong, weak = both(schedule)
        found = extrapolate(strong, weak, schedule, push)(x, t)
        guided = extrapolate(strong, weak, schedule, everywhere(3.0))(x, t)
        inside = np.asarray(within(schedule, t, push))
        assert inside[4:7].all() and not inside[:3].any() and not inside[8:].any()
        for ours, theirs, untouched in zip(found, guided, strong(x, t), strict=True):
            np.testing.assert_array_equal(ours[inside], theirs[inside])
            np.testing.assert_array_equal(ours[~inside], untouched[~inside])
            assert float(jnp.abs(ours - untouched)[inside].max()) > 1e-3


def test_the_weak_denoiser_is_asked_only_inside_the_interval() -> None:
    asked: list[float] = []
    schedule = Cosine()
    strong, weak = both(schedule)

    def noticed(x: Array, t: Array) -> Estimate:
        jax.debug.callback(lambda now: asked.append(float(now)), t[0])
        return weak(x, t)

    alpha, sigma = schedule(jnp.array([0.3, 0.7]))
    denoise = jax.jit(extrapolate(strong, noticed, schedule, Push(2.0, *(sigma / alpha))))
    x = jnp.zeros((2, 2, 3, 1))
    for time in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        denoise(x, jnp.full(2, time))
    jax.effects_barrier()
    np.testing.assert_allclose(sorted(asked), [0.4, 0.6], rtol=1e-6)


def test_another_scale_and_interval_trace_nothing_again() -> None:
    traces: list[int] = []
    schedule = Cosine()
    strong, weak = both(schedule)

    def noticed(x: Array, t: Array) -> Estimate:
        traces.append(1)
        return weak(x, t)

    run = jax.jit(lambda push, x, t: extrapolate(strong, noticed, schedule, push)(x, t))
    x, t = noisy(schedule)
    run(everywhere(2.0), x, t)
    after_the_first = len(traces)
    assert after_the_first > 0
    for push in (everywhere(4.0), everywhere(1.0), Push(3.0, 0.1, 7.0)):
        run(push, x, t)
    assert len(traces) == after_the_first


@every("schedule")
def test_at_scale_1_classifier_free_guidance_gives_the_classs_own_flow(schedule: Schedule) -> None:
    """Exact but for DDIM's first-order error, which at 1,000 steps is below 1 % of the class's spread."""
    found, exact = flows(schedule, [1.0])
    np.testing.assert_allclose(found[0], exact, rtol=0, atol=0.01 * STRONG.std)


def test_beyond_scale_1_the_flow_goes_further_from_the_other_class() -> None:
    """At 0 it is the mixture's, of whose pictures some are of the other class."""
    found, _ = flows(Cosine(), [0.0, 1.0, 2.0, 4.0])
    means = [float(each.mean()) for each in found]
    assert means == sorted(means) and means[0] < means[1] - 0.1 and means[3] > means[1] + 0.1


def flows(schedule: Schedule, scales: list[float]) -> tuple[list[np.ndarray], Array]:
    """The pictures that each scale makes of the same noise, and the class's own by its exact flow."""
    with precision():
        keys = loop.keys(0, 0, 4)
        quantiles = jnp.linspace(-2, 2, 24).reshape(4, 2, 3, 1)
        start = schedule(1.0).alpha * STRONG.mean + STRONG.spread(schedule(1.0)) * quantiles
        exact = STRONG.image(schedule(0.0), STRONG.flow(schedule, start, 1.0, 0.0))
        times = loop.times(UniformLogSnr(), schedule, 1000)

        @jax.jit
        def run(push: Push) -> Array:
            denoise = extrapolate(*both(schedule), schedule, push)
            return loop.sample(denoise, schedule, Ddim(), times, start, keys)

        return [np.asarray(run(everywhere(scale))) for scale in scales], exact
