"""Fitted grids on a mixture in closed form, against every standard grid, on noise they have not seen."""

from functools import cache, partial

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.tree_util import Partial

from mezzotint.core.grid import Given, Grid, UniformLogSnr
from mezzotint.core.schedule import Cosine, Schedule
from mezzotint.sampling import loop
from mezzotint.sampling.presets import PRESETS
from mezzotint.tuning.fit import Draw, distance, falling, logits_of, pictures, squares, times
from mezzotint.tuning.tune import SOLUTION, STANDARD, Goal, better

from ..laws.members import every
from ..sampling.modes import MODES

COUNT = 64


@cache
def drawing(schedule: Schedule, name: str = "") -> Draw:
    """The mixture's images by a preset, or by the method of the many-step solution."""
    sampler = PRESETS[name] if name else SOLUTION[0]

    def draw(times: loop.Times, keys: Array) -> Array:
        x = loop.initial_noise(schedule, keys, (2, 3, 1))
        return loop.sample(MODES.denoiser(schedule), schedule, sampler, times, x, keys)

    return Partial(draw)


@cache
def goals(schedule: Schedule) -> tuple[Goal, Goal]:
    """The many-step solution of some noise, and of other noise."""
    solve = partial(pictures, drawing(schedule), loop.times(UniformLogSnr(), schedule, SOLUTION[1]))
    both = loop.keys(0, 0, COUNT), loop.keys(0, COUNT, COUNT)
    return Goal(both[0], solve(both[0])), Goal(both[1], solve(both[1]))


@pytest.mark.parametrize("steps", [3, 5, 10])
def test_a_fitted_grid_beats_every_standard_grid_on_fresh_noise(steps: int) -> None:
    """By a tenth of the best one's mean squared error, at least."""
    schedule, (fitted, fresh) = Cosine(), goals(Cosine())
    draw = drawing(schedule, "ddim")
    found = better(draw, schedule, steps, fitted, fresh)
    standard = {
        name: distance(draw, loop.times(grid, schedule, steps), *fresh) for name, grid in STANDARD.items()
    }
    assert found.before == standard[found.standard] == min(standard.values())
    assert found.after < 0.9 * found.before
    np.testing.assert_allclose(
        distance(draw, loop.times(Given(found.times), schedule, steps), *fresh), found.after, rtol=1e-6
    )


def test_where_nothing_better_is_found_the_best_standard_grid_is_kept() -> None:
    """Pictures to fit to that have nothing to do with the ones to measure on."""
    schedule, (fitted, fresh) = Cosine(), goals(Cosine())
    other = Goal(fitted.keys, -3 * fitted.target)
    found = better(drawing(schedule, "ddim"), schedule, 3, other, fresh)
    assert found.after == found.before
    np.testing.assert_array_equal(found.times, STANDARD[found.standard](schedule, 3))


def test_the_solution_is_one() -> None:
    """With half of the steps it is the same to a thousandth of what ten steps are away from it."""
    schedule, (fitted, _) = Cosine(), goals(Cosine())
    half = loop.times(UniformLogSnr(), schedule, SOLUTION[1] // 2)
    assert distance(drawing(schedule), half, *fitted) < 1e-5


def test_the_derivatives_are_finite_differences() -> None:
    """In float32, by steps of 0.01: to a fiftieth of the largest."""
    (fitted, _), draw, step = goals(Cosine()), drawing(Cosine(), "ddim"), 0.01
    at = jnp.array([0.3, -0.2])
    found = squares(draw, at, *fitted)
    np.testing.assert_allclose(found.value, distance(draw, times(at), *fitted), rtol=1e-5)
    sides = [
        [pictures(draw, times(at + side), fitted.keys) for side in (way, -way)] for way in step * jnp.eye(2)
    ]
    jacobian = jnp.stack([(up - down).reshape(-1) / (2 * step) for up, down in sides], axis=1)
    residual = (pictures(draw, times(at), fitted.keys) - fitted.target).reshape(-1)
    gradient, curvature = residual @ jacobian / residual.size, jacobian.T @ jacobian / residual.size
    np.testing.assert_allclose(found.gradient, gradient, atol=0.02 * float(jnp.abs(gradient).max()))
    np.testing.assert_allclose(found.curvature, curvature, atol=0.02 * float(jnp.abs(curvature).max()))


def test_any_logits_are_a_grid() -> None:
    """Strictly falling from 1, in float32, however uneven: Given takes it."""
    for seed in range(20):
        logits = 3 * np.random.default_rng(seed).standard_normal(9)
        found = falling(jnp.asarray(logits, jnp.float32))
        assert Given(tuple(found.tolist())).times[0] == 1 and found[-1] > 0


@every("grid")
def test_logits_of_a_grid_are_that_grid_again(grid: Grid) -> None:
    """But for its shortest parts, which are made a tenth of the mean: 1 % each, of ten."""
    start = np.asarray(grid(Cosine(), 10))
    found = np.asarray(falling(jnp.asarray(logits_of(start), jnp.float32)))
    np.testing.assert_allclose(found, start, atol=0.03)
    even = np.linspace(1, 0.1, 10)
    np.testing.assert_allclose(falling(jnp.asarray(logits_of(even), jnp.float32)), even, rtol=1e-5)
