"""Every schedule x prediction x distribution as arrays, so that a sampler compiles once for them all.

A lane is one combination: a perfect network of that prediction, asked on that schedule's grid, for pictures of
that distribution, together with the start and the end of the exact probability flow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from mezzotint.core.grid import Grid
from mezzotint.core.prediction import Denoiser, denoiser
from mezzotint.core.schedule import Schedule, log_snr
from mezzotint.sampling import loop
from mezzotint.sampling.method import Sampler

from ..laws.members import members
from . import table
from .mixture import GAUSSIAN, TWO, Mixture
from .table import Pairs, Table

SCHEDULES, PREDICTIONS = dict(members("schedule")), dict(members("prediction"))
MIXTURES = {"gaussian": GAUSSIAN, "mixture": TWO}
LANES = list(product(SCHEDULES, PREDICTIONS, MIXTURES))
SHAPE = (5, 5, 2)  # of the lanes


@dataclass(frozen=True)
class LogSnrGrid:
    """log_snr from start to end by the powers of an even share: short steps first for a power above 1.

    Attributes:
        power: of the share; 1 for even steps.
        ends: the first and the last log_snr; None for the schedule's own.
    """

    power: float = 1.0
    ends: tuple[float, float] | None = None

    def __call__(self, schedule: Schedule, count: int) -> Array:
        start, end = log_snr(schedule(jnp.array([1.0, 0.0]))) if self.ends is None else self.ends
        shares = jnp.linspace(0, 1, count) ** self.power
        return jnp.clip(schedule.time(start + (end - start) * shares), 0, 1)


class Problem(NamedTuple):
    """One lane, or all of them stacked.

    Attributes:
        number: how many times there are.
        schedule: at those times.
        prediction: at those times.
        mixture: the distribution of the pixels.
        start: quantiles of x at the first time.
        exact: the best image estimates where the flow ends, at the last time.
    """

    number: Array
    schedule: Table
    prediction: Pairs
    mixture: Mixture
    start: Array
    exact: Array

    @property
    def times(self) -> loop.Times:
        return table.times(self.number)

    @property
    def denoise(self) -> Denoiser:
        """The perfect network's, by way of its prediction."""
        network = self.mixture.network(self.schedule, self.prediction)
        return denoiser(network, self.schedule, self.prediction)


@cache
def problems(grid: Grid, count: int) -> Problem:
    """All lanes, at `count` times of a grid; in float64."""
    values = {name: loop.times(grid, schedule, count).values for name, schedule in SCHEDULES.items()}
    return _problems(values, jnp.asarray(count))


@jax.jit
def _problems(values: dict[str, Array], number: Array) -> Problem:
    shares = jnp.linspace(0.05, 0.95, 8).reshape(2, 2, 2, 1)

    def lane(name: str, prediction: str, mixture: str) -> Problem:
        schedule, times = SCHEDULES[name], values[name]
        pairs = Pairs.of(PREDICTIONS[prediction], schedule, times)
        return Problem(number, Table.of(schedule, times), pairs, MIXTURES[mixture], shares, shares)

    lanes = [lane(*names) for names in LANES]
    return jax.vmap(_with_flow)(jax.tree.map(lambda *leaves: jnp.stack(leaves), *lanes))


def _with_flow(problem: Problem) -> Problem:
    mixture, shares, times = problem.mixture, problem.start, problem.times.values
    first, last = (problem.schedule(times[index]) for index in (0, problem.number - 1))
    exact = mixture.image(last, mixture.quantile(last, shares))
    return problem._replace(start=mixture.quantile(first, shares), exact=exact)


class Program(NamedTuple):
    """A sampler compiled for all lanes.

    Attributes:
        run: problems -> the images it makes.
        traces: one entry for each time that the denoiser was traced.
    """

    run: Callable[[Problem], Array]
    traces: list[int]


@cache
def program(sampler: Sampler) -> Program:
    """One compiled program for all grids, steps and lanes."""
    traces: list[int] = []

    def images(problem: Problem) -> Array:
        def denoise(x: Array, t: Array) -> Any:
            traces.append(1)
            return problem.denoise(x, t)

        keys = loop.keys(0, 0, 2)
        return loop.sample(denoise, problem.schedule, sampler, problem.times, problem.start, keys)

    return Program(jax.jit(jax.vmap(images)), traces)


def errors(sampler: Sampler, grid: Grid, count: int) -> Array:
    """Root mean square error of the images in each lane."""
    problem = problems(grid, count)
    return jnp.sqrt(jnp.square(program(sampler).run(problem) - problem.exact).mean((1, 2, 3, 4)))
