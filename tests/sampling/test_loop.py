"""The loop: what a trajectory holds, what a picture depends on, and what compiles again."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import Uniform
from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Cosine, Karras, Schedule, Straight
from mezzotint.errors import UserError
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.multistep import AdamsBashforth
from mezzotint.sampling.unipc import UniPc

from .gaussian import Gaussian

SCHEDULE = Cosine()
SHAPE = (2, 3, 1)
DENOISE = Gaussian().denoiser(SCHEDULE)

# What the loop sees of a sampler is its memory, whose shapes never change (test_multistep.py).
with_and_without_memory = pytest.mark.parametrize("sampler", [Ddim(), UniPc()], ids=repr)


@partial(jax.jit, static_argnums=0)
def pictures(sampler: Sampler, times: loop.Times, keys: Array) -> Array:
    x = loop.initial_noise(SCHEDULE, keys, SHAPE)
    return loop.sample(DENOISE, SCHEDULE, sampler, times, x, keys)


@partial(jax.jit, static_argnums=(0, 3))
def frames(sampler: Sampler, times: loop.Times, keys: Array, count: int) -> tuple[Array, ...]:
    x = loop.initial_noise(SCHEDULE, keys, SHAPE)
    return loop.trajectory(DENOISE, SCHEDULE, sampler, times, x, keys, count)


@with_and_without_memory
def test_a_trajectory_goes_from_the_noise_to_the_picture(sampler: Sampler) -> None:
    times, keys = loop.times(Uniform(), SCHEDULE, 5), loop.keys(0, 0, 8)
    noisy, estimates = frames(sampler, times, keys, 8)
    assert noisy.shape == estimates.shape == (8, 8, *SHAPE)
    np.testing.assert_allclose(noisy[0], loop.initial_noise(SCHEDULE, keys, SHAPE), atol=1e-6)
    np.testing.assert_allclose(estimates[4], pictures(sampler, times, keys), rtol=0, atol=1e-6)
    for index in range(5):
        expected = DENOISE(noisy[index], jnp.full(8, times.values[index])).image
        np.testing.assert_allclose(estimates[index], expected, rtol=0, atol=1e-5)
    assert not noisy[5:].any() and not estimates[5:].any()
    assert len(np.unique(np.asarray(estimates[:5, 0, 0, 0, 0]))) == 5


@with_and_without_memory
def test_one_step_is_one_denoise_of_the_noise(sampler: Sampler) -> None:
    keys = loop.keys(0, 0, 8)
    x = loop.initial_noise(SCHEDULE, keys, SHAPE)
    found = pictures(sampler, loop.times(Uniform(), SCHEDULE, 1), keys)
    np.testing.assert_allclose(found, DENOISE(x, jnp.ones(8)).image, rtol=0, atol=1e-6)


def test_a_picture_depends_on_its_seed_and_index_alone() -> None:
    """With noise at every step too."""
    sampler = Ddim(eta=1.0)
    times = loop.times(Uniform(), SCHEDULE, 5)
    all_eight = pictures(sampler, times, loop.keys(7, 0, 8))
    for first, count in ((0, 1), (2, 3), (5, 3), (7, 1)):
        found = pictures(sampler, times, loop.keys(7, first, count))
        np.testing.assert_allclose(found, all_eight[first : first + count], rtol=0, atol=1e-6)
    assert len(np.unique(np.asarray(all_eight[:, 0, 0, 0]))) == 8
    other = pictures(sampler, times, loop.keys(8, 0, 8))
    assert float(jnp.abs(other - all_eight).min()) > 0


def test_fresh_noise_differs_from_step_to_step_and_from_the_first() -> None:
    """With an image estimate of 0 and a noise estimate of 0, x is the fresh noise alone."""

    def nothing(x: Array, t: Array) -> Estimate:
        return Estimate(jnp.zeros_like(x), jnp.zeros_like(x))

    times, keys = loop.times(Uniform(), SCHEDULE, 4), loop.keys(0, 0, 100)
    x = loop.initial_noise(SCHEDULE, keys, (10, 20, 1))
    run = jax.jit(partial(loop.trajectory, nothing, SCHEDULE, Ddim(eta=1.0), frames=4))
    noisy, _ = run(times, x, keys)
    correlation = np.corrcoef(np.asarray(noisy).reshape(4, -1))
    assert np.abs(correlation - np.eye(4)).max() < 0.036  # 5 standard errors of 20,000 draws


def counting(counts: list[int]) -> Denoiser:
    """A denoiser that notes each time it is traced."""

    def denoise(x: Array, t: Array) -> Estimate:
        counts.append(1)
        return DENOISE(x, t)

    return denoise


def test_another_number_of_steps_compiles_nothing_again() -> None:
    traces: list[int] = []
    x, keys = jnp.zeros((2, *SHAPE)), loop.keys(0, 0, 2)
    run = jax.jit(partial(loop.sample, counting(traces), SCHEDULE, Ddim()))
    run(loop.times(Uniform(), SCHEDULE, 2), x, keys)
    after_the_first = len(traces)
    assert after_the_first > 0
    for count in (1, 5, 20, 100, loop.CAPACITY):
        run(loop.times(Uniform(), SCHEDULE, count), x, keys)
    assert len(traces) == after_the_first


def test_a_trajectory_compiles_once_for_its_number_of_frames() -> None:
    traces: list[int] = []
    x, keys = jnp.zeros((2, *SHAPE)), loop.keys(0, 0, 2)
    trajectory = partial(loop.trajectory, counting(traces), SCHEDULE, Ddim(), frames=8)
    run = jax.jit(trajectory)
    run(loop.times(Uniform(), SCHEDULE, 8), x, keys)
    after_the_first = len(traces)
    for count in (1, 2, 5, 7):
        run(loop.times(Uniform(), SCHEDULE, count), x, keys)
    assert len(traces) == after_the_first > 0


def test_memory_grows_with_the_steps_only_where_a_trajectory_is_asked_for() -> None:
    """The number of steps is traced: what 1,024 steps would hold, one has to hold as well."""
    x, keys = jnp.zeros((2, 32, 32, 3)), loop.keys(0, 0, 2)
    times = loop.times(Uniform(), SCHEDULE, 2)

    def held(run: Callable, **static: int) -> float:
        """Work space and result, as so many times the size of x."""
        program = jax.jit(partial(run, DENOISE, SCHEDULE, AdamsBashforth(5), **static))
        memory = program.lower(times, x, keys).compile().memory_analysis()
        return (memory.temp_size_in_bytes + memory.output_size_in_bytes) / x.nbytes

    assert held(loop.sample) < 20  # of which ab5 remembers 4
    assert held(loop.trajectory, frames=100) > 200


def test_each_step_asks_the_denoiser_at_the_grids_time() -> None:
    asked: list[float] = []

    def denoise(x: Array, t: Array) -> Estimate:
        jax.debug.callback(lambda now: asked.append(float(now[0])), t, ordered=True)
        return DENOISE(x, t)

    keys = loop.keys(0, 0, 2)
    times = loop.times(Uniform(), SCHEDULE, 4)
    loop.sample(denoise, SCHEDULE, Ddim(), times, jnp.zeros((2, *SHAPE)), keys)
    jax.effects_barrier()
    np.testing.assert_allclose(asked, [1, 0.75, 0.5, 0.25], rtol=1e-6)


@pytest.mark.parametrize("count", [-1, 0, loop.CAPACITY + 1])
def test_a_number_of_steps_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(UserError, match=f"steps must be from 1 to {loop.CAPACITY}, not {count}"):
        loop.times(Uniform(), SCHEDULE, count)


def test_times_are_the_grids_and_padding() -> None:
    times = loop.times(Uniform(), SCHEDULE, 4)
    assert times.values.shape == (loop.CAPACITY,) and int(times.number) == 4
    np.testing.assert_allclose(times.values[:5], [1, 0.75, 0.5, 0.25, 0], rtol=1e-6)


@pytest.mark.parametrize("schedule", [Cosine(), Karras(), Straight()], ids=repr)
def test_initial_noise_is_as_wide_as_x_at_time_1(schedule: Schedule) -> None:
    """For images of variance 1; 20,000 values, so within 5 standard errors: 2.5 %."""
    x = np.asarray(loop.initial_noise(schedule, loop.keys(0, 0, 100), (10, 20, 1)))
    alpha, sigma = schedule(1.0)
    np.testing.assert_allclose(x.std(), np.sqrt(alpha**2 + sigma**2), rtol=0.025)
    assert abs(x.mean()) < 0.036 * x.std()
