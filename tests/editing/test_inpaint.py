"""Inpainting: what is known stays, and what is painted comes to go with it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import Uniform, UniformLogSnr
from mezzotint.core.schedule import Cosine, Schedule, mix
from mezzotint.editing.inpaint import keep, knowing, match, resample
from mezzotint.editing.plan import Plan
from mezzotint.editing.resample import Resampled, diffused
from mezzotint.editing.sound import has_single_steps
from mezzotint.errors import UserError
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS

from ..laws.members import every, precision
from ..sampling.table import Table
from .correlated import SHAPE, SMOOTH
from .schedules import over_schedules

SINGLE = {name: sampler for name, sampler in PRESETS.items() if has_single_steps(sampler)}
MASK = np.zeros((1, *SHAPE), bool)
MASK[:, :, 2:] = True  # the right half
KNOWN = ~MASK.reshape(16)


def plan(schedule: Schedule, sampler: Sampler, count: int, times: loop.Times) -> Plan:
    keys = loop.keys(0, 0, count)
    x = loop.initial_noise(schedule, keys, SHAPE)
    return Plan(SMOOTH.denoiser(schedule), schedule, sampler, times, x, keys)


@pytest.mark.parametrize("name", ["ddpm", "heun", "dpmpp-2m-sde", "unipc", "ab3"])
def test_known_pixels_come_out_as_they_are(name: str) -> None:
    """With samplers that add noise, correct themselves, or remember; in two paintings of one picture."""
    schedule, picture = Cosine(), SMOOTH.draw(1)
    before = plan(schedule, PRESETS[name], 2, loop.times(Uniform(), schedule, 4))
    made = jax.jit(lambda x: loop.sample(*keep(before._replace(x=x), picture, jnp.asarray(MASK))))(before.x)
    known = np.broadcast_to(picture, made.shape)
    np.testing.assert_array_equal(made[:, :, :2], known[:, :, :2])
    assert np.abs(made - known)[:, :, 2:].min() > 0


def test_known_pixels_of_x_are_noised_as_in_training() -> None:
    """alpha * picture + sigma * noise at every time, with the noise of the start, on every schedule."""

    def watched(schedule: Table, times: loop.Times) -> tuple[Array, Array]:
        before = plan(schedule, Ddim(), 2, times)
        noisy, _ = loop.trajectory(*keep(before, picture, jnp.asarray(MASK)), frames=6)
        noise = before.x / jnp.hypot(*schedule(1.0))
        return noisy, jnp.stack([mix(schedule(jnp.full(2, t)), picture, noise) for t in times.values[:6]])

    with precision():
        picture = SMOOTH.draw(2)
        noisy, expected = over_schedules(watched, 6)
    np.testing.assert_allclose(noisy[..., :2, :], expected[..., :2, :], rtol=1e-9, atol=1e-9)


def test_resampling_brings_what_is_painted_to_what_is_known() -> None:
    """Beside ones, in a distribution whose mean is about 0: the mean of 1,000 paintings.

    It comes to the conditional mean, known exactly, to within the standard error of 0.02 and what 20 steps
    leave; four times the repeats halve the distance at least.
    """
    schedule, picture = Cosine(max_signal=0.999), jnp.ones((1, *SHAPE))

    @jax.jit
    def mean(repeats: Array) -> Array:
        before = plan(schedule, Ddim(eta=1.0), 1000, loop.times(Uniform(), schedule, 20))
        made = loop.sample(*resample(keep(before, picture, jnp.asarray(MASK)), repeats))
        return made.mean(0).reshape(16)[~KNOWN]

    exact = SMOOTH.given(np.eye(16)[KNOWN], np.ones(8), 1e-6).mean[~KNOWN]
    misses = [np.abs(mean(jnp.asarray(repeats)) - exact).mean() for repeats in (1, 4, 16)]
    assert misses[0] > 2 * misses[1] and misses[1] > 2 * misses[2], misses
    assert misses[2] < 0.05


def test_measuring_what_is_known_brings_it_there_at_once() -> None:
    """The posterior's mean and covariance to 0.01, without resampling.

    Without chance, as in test_restore: what is made is linear in the start, so 17 starts tell all.
    """
    schedule = Cosine(max_signal=0.999, min_signal=0.001)  # with more, the start would know too little
    picture, mask = jnp.ones((1, *SHAPE)), jnp.asarray(MASK)
    with precision():
        starts = jnp.asarray(np.concatenate([np.zeros((1, 16)), np.eye(16)]).reshape(17, *SHAPE))
        before = plan(schedule, PRESETS["heun"], 17, loop.times(UniformLogSnr(), schedule, 60))
        measured = match(before._replace(x=jnp.hypot(*schedule(1.0)) * starts), picture, mask, 0.01)
        made = jax.jit(lambda: loop.sample(*keep(measured, picture, mask)))()
    mean, linear = np.asarray(made[0]).ravel(), np.asarray(made[1:] - made[0]).reshape(16, 16)
    exact = SMOOTH.given(np.eye(16)[KNOWN], np.ones(8), 0.01)
    np.testing.assert_array_equal(made[:, :, :2], 1)
    np.testing.assert_allclose(mean[~KNOWN], exact.mean[~KNOWN], rtol=0, atol=0.01)
    covariance = (linear.T @ linear)[np.ix_(~KNOWN, ~KNOWN)]
    np.testing.assert_allclose(covariance, exact.covariance[np.ix_(~KNOWN, ~KNOWN)], rtol=0, atol=0.01)


@pytest.mark.parametrize("name", ["ddpm", "heun"])
def test_one_repeat_is_the_sampler_itself(name: str) -> None:
    before = plan(Cosine(), SINGLE[name], 2, loop.times(Uniform(), Cosine(), 4))
    np.testing.assert_allclose(loop.sample(*resample(before, 1)), loop.sample(*before), rtol=0, atol=1e-6)
    assert Resampled(SINGLE[name], 3).evaluations == 3 * SINGLE[name].evaluations


def test_another_number_of_repeats_compiles_nothing_again() -> None:
    traces = []

    @jax.jit
    def made(repeats: Array) -> Array:
        traces.append(1)
        before = plan(Cosine(), Ddim(), 2, loop.times(Uniform(), Cosine(), 4))
        return loop.sample(*resample(before, repeats))

    assert len({made(jnp.asarray(repeats)).sum().item() for repeats in (1, 2, 5)}) == 3
    assert len(traces) == 1


@pytest.mark.parametrize("name", sorted(set(PRESETS) - set(SINGLE)))
def test_a_multistep_method_is_refused_by_name(name: str) -> None:
    with pytest.raises(UserError, match=f"resampling needs .* such as ddim or heun: {name} remembers"):
        Resampled(PRESETS[name], 2)


@every("schedule")
def test_noise_is_added_back_by_the_exact_kernel(schedule: Schedule) -> None:
    """alpha and sigma at s become those at t: the mean exactly, the variance from its definition."""
    with precision():
        keys, zeros, ones = loop.keys(0, 0, 2), jnp.zeros((2, *SHAPE)), jnp.ones((2, *SHAPE))
        for s, t in ((0.0, 0.1), (0.3, 0.7), (0.9, 1.0)):
            (alpha, sigma), (alpha_then, sigma_then) = schedule(s), schedule(t)
            go = partial(diffused, schedule, s=jnp.asarray(s), t=jnp.asarray(t), keys=keys)
            fresh = go(x=zeros)
            kept = go(x=alpha * ones) - fresh
            np.testing.assert_allclose(kept, alpha_then, rtol=1e-12)
            drawn = jax.vmap(lambda key: jax.random.normal(key, SHAPE))(keys)
            added = fresh / drawn
            np.testing.assert_allclose(added**2 + (kept / alpha * sigma) ** 2, sigma_then**2, rtol=1e-9)


def test_what_is_known_leaves_x_explained() -> None:
    """x = alpha * image + sigma * noise still holds of the estimate."""
    schedule, x, t = Cosine(), SMOOTH.draw(2), jnp.array([0.3, 0.8])
    estimate = knowing(SMOOTH.denoiser(schedule), schedule, SMOOTH.draw(1), jnp.asarray(MASK))(x, t)
    np.testing.assert_allclose(mix(schedule(t), *estimate), x, atol=1e-5)
