"""Grids tuned for a model: few steps that come as near as they can to its own many-step solution.

    for found in tune(model, [5, 10], "ddim"):
        print(found.steps, found.times, found.before, found.after)

A grid is fitted on the noise of some pictures, from the standard grid on that comes nearest, and then
measured on the noise of as many others. Where it does not come nearer there than every standard grid, the
best of those is kept.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jax.tree_util import Partial

from mezzotint.arrays import Images, Keys
from mezzotint.config import KINDS
from mezzotint.core.grid import Given, Grid, UniformLogSnr
from mezzotint.core.pixels import decode
from mezzotint.core.schedule import Schedule
from mezzotint.errors import UserError
from mezzotint.model import Model
from mezzotint.runs.tuned import Tuned
from mezzotint.sampling import loop
from mezzotint.sampling.dpm import DpmSolver3M
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import preset
from mezzotint.tuning.fit import Draw, distance, fit, pictures

MOST = 100  # times
SOLUTION = DpmSolver3M(), 200  # the many-step solution: the method, and its times of even log-SNR
STANDARD: dict[str, Grid] = {name: grid() for name, grid in KINDS["grid"].items()}


class Goal(NamedTuple):
    """Pictures to come near to, and the keys of their noise."""

    keys: Keys
    target: Images


def tune(
    model: Model,
    steps: Sequence[int],
    sampler: str,
    *,
    count: int = 64,
    seed: int = 0,
    checkpoint: int | None = None,
) -> Iterator[Tuned]:
    """A grid for each number of steps, as soon as it is found.

    Args:
        model: the model.
        steps: the numbers of times, from 2 to MOST.
        sampler: the name of a method that draws no noise.
        count: how many pictures are fitted to; as many others are measured on.
        seed: of their noise.
        checkpoint: the training step of the weights, to be remembered.

    Raises:
        UserError: a number out of range, an unknown sampler, or one that draws noise.
    """
    _check(steps, sampler, count)
    return _tuned(model, steps, sampler, count, seed, checkpoint)


def _tuned(
    model: Model, steps: Sequence[int], sampler: str, count: int, seed: int, checkpoint: int | None
) -> Iterator[Tuned]:
    schedule = model.config.schedule
    solver, many = SOLUTION
    solve, even = drawing(model, solver), loop.times(UniformLogSnr(), schedule, many)
    both = (loop.keys(seed, first, count) for first in (0, count))
    fitted, fresh = (Goal(keys, pictures(solve, even, keys)) for keys in both)
    draw = drawing(model, preset(sampler))
    for number in steps:
        times, standard, before, after = better(draw, schedule, number, fitted, fresh)
        yield Tuned(sampler, times, standard, before, after, count, seed, checkpoint)


class Better(NamedTuple):
    """Times, the name of the best standard grid, and the distances of that and of the times."""

    times: tuple[float, ...]
    standard: str
    before: float
    after: float


def better(draw: Draw, schedule: Schedule, steps: int, fitted: Goal, fresh: Goal) -> Better:
    """Times that come nearer to the fresh pictures than every standard grid, or the best of those."""

    def apart(grid: Grid, goal: Goal) -> float:
        return distance(draw, loop.times(grid, schedule, steps), *goal)

    nearest = min(STANDARD.values(), key=lambda grid: apart(grid, fitted))
    start = np.asarray(nearest(schedule, steps))
    found = Given(tuple(fit(draw, start, *fitted).tolist()))
    before, standard = min((apart(grid, fresh), name) for name, grid in STANDARD.items())
    after = apart(found, fresh)
    if after < before:
        return Better(found.times, standard, before, after)
    kept = np.asarray(STANDARD[standard](schedule, steps))
    return Better(tuple(kept.tolist()), standard, before, before)


def drawing(model: Model, sampler: Sampler) -> Draw:
    """A model's pictures by a sampler, as a function of times and keys."""
    return Partial(partial(_drawn, sampler), model)


def _drawn(sampler: Sampler, model: Model, times: loop.Times, keys: Keys) -> Images:
    config = model.config
    x = loop.initial_noise(config.schedule, keys, config.picture_shape)
    images = loop.sample(model.denoiser(), config.schedule, sampler, times, x, keys)
    return decode(images, model.pixels)


def _check(steps: Sequence[int], sampler: str, count: int) -> None:
    for number in steps:
        if not 2 <= number <= MOST:
            raise UserError(f"a grid is tuned for 2 to {MOST} steps, not {number}")
    if count < 1:
        raise UserError(f"a grid is tuned on at least 1 picture, not {count}")
    if not preset(sampler).deterministic:
        raise UserError(
            f"{sampler} draws noise at each step, so that it has no many-step solution to come near to: "
            f"tune another sampler, such as ddim or dpmpp-2m"
        )
