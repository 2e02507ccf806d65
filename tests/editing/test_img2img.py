"""Pictures like one: what a strength means, and which times are left."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import Uniform
from mezzotint.core.schedule import Cosine, Karras, Schedule
from mezzotint.editing.img2img import from_time, noising_time, start_near
from mezzotint.editing.plan import Plan
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim

from ..laws.members import every, precision
from .correlated import SHAPE, SMOOTH

STRENGTHS = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def plan(schedule: Schedule, count: int = 8) -> Plan:
    keys, times = loop.keys(0, 0, count), loop.times(Uniform(), schedule, 10)
    x = loop.initial_noise(schedule, keys, SHAPE)
    return Plan(SMOOTH.denoiser(schedule), schedule, Ddim(), times, x, keys)


@pytest.fixture(scope="module", params=[Cosine(), Karras()], ids=repr)
def made(request: pytest.FixtureRequest) -> dict[float, Array]:
    """What comes of one picture with each strength; None is what comes of no picture."""
    before = plan(request.param)
    run = jax.jit(lambda strength: loop.sample(*start_near(before, SMOOTH.draw(1), strength)))
    return {None: jax.jit(lambda: loop.sample(*before))(), **{each: run(each) for each in STRENGTHS}}


def test_strength_0_gives_the_picture_back(made: dict[float, Array]) -> None:
    picture = np.broadcast_to(SMOOTH.draw(1), made[0.0].shape)
    np.testing.assert_array_equal(made[0.0], picture)


def test_strength_1_knows_nothing_of_the_picture(made: dict[float, Array]) -> None:
    np.testing.assert_allclose(made[1.0], made[None], rtol=0, atol=1e-5)


def test_more_strength_goes_further_away(made: dict[float, Array]) -> None:
    distances = [float(jnp.abs(made[each] - SMOOTH.draw(1)).mean()) for each in STRENGTHS]
    assert distances == sorted(distances) and distances[1] < 0.5 * distances[-1], distances


@every("schedule")
def test_a_strength_is_an_angle_on_every_schedule(schedule: Schedule) -> None:
    with precision():
        ends = np.arctan2(*(np.asarray(rate) for rate in schedule(jnp.array([0.0, 1.0]))[::-1])) * 2 / np.pi
        for strength in STRENGTHS:
            alpha, sigma = schedule(noising_time(schedule, strength))
            expected = 1.0 if strength == 1 else np.clip(strength, *ends)
            reached = np.arctan2(sigma, alpha) * 2 / np.pi
            np.testing.assert_allclose(reached, min(expected, ends[1]), atol=1e-9)
        assert float(noising_time(schedule, 1.0)) == 1


@pytest.mark.parametrize(
    ("start", "left"),
    [(1.0, [1, 0.75, 0.5, 0.25]), (0.6, [0.6, 0.5, 0.25]), (0.5, [0.5, 0.25]), (0.1, [0.1]), (0.0, [0.0])],
)
def test_the_times_that_are_left(start: float, left: list[float]) -> None:
    times = from_time(loop.times(Uniform(), Cosine(), 4), jnp.asarray(start))
    assert int(times.number) == len(left)
    np.testing.assert_allclose(times.values[: len(left)], left, rtol=1e-6)
