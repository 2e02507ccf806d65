"""Every schedule x prediction x distribution as arrays, so that a sampler compiles once for them all.

A lane is one combination: a perfect network of that prediction, asked on that schedule's grid, for pictures
of that distribution, together with the start and the end of the exact probability flow.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from mezzotint.core.prediction import Denoiser, denoiser
from mezzotint.core.schedule import log_snr
from mezzotint.sampling import loop
from mezzotint.sampling.method import Sampler

from ..laws.members import members
from . import table
from .mixture import GAUSSIAN, TWO, Mixture
from .table import Pairs, Table

SCHEDULES, PREDICTIONS = dict(members("schedule")), dict(members("prediction"))
MIXTURES = {"gaussian": GAUSSIAN, "mixture": TWO}
SHAPE = (len(SCHEDULES), len(PREDICTIONS), len(MIXTURES))


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
def problems(count: int, power: float = 1.0, ends: tuple[float, float] | None = None) -> Problem:
    """All lanes, in float64.

    Args:
        count: of the times.
        power: of an even share, by which log_snr goes from one end to the other: 1 for even steps, more for
            short ones first.
        ends: the first and the last log_snr; None for each schedule's own.
    """
    return _problems(jnp.asarray(count), power, ends and tuple(map(jnp.asarray, ends)))


@jax.jit
def _problems(number: Array, power: float, ends: tuple[Array, Array] | None) -> Problem:
    shares = jnp.clip(jnp.arange(loop.CAPACITY) / (number - 1), 0, 1) ** power
    tables, pairs = [], []
    for schedule in SCHEDULES.values():
        start, end = ends or log_snr(schedule(jnp.array([1.0, 0.0])))
        times = jnp.clip(schedule.time(start + (end - start) * shares), 0, 1)
        tables.append(Table.of(schedule, times))
        pairs += [Pairs.of(prediction, schedule, times) for prediction in PREDICTIONS.values()]
    parts = _stacked(tables), _stacked(pairs), _stacked(list(MIXTURES.values()))
    schedule, prediction, mixture = jnp.indices(SHAPE).reshape(3, -1)
    chosen = schedule, schedule * len(PREDICTIONS) + prediction, mixture
    lanes = [jax.tree.map(lambda a, i=i: a[i], part) for part, i in zip(parts, chosen, strict=True)]
    return jax.vmap(partial(_problem, number))(*lanes)


def _stacked(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _problem(number: Array, schedule: Table, prediction: Pairs, mixture: Mixture) -> Problem:
    values, shares = table.times(number).values, jnp.linspace(0.05, 0.95, 8).reshape(2, 2, 2, 1)
    first, last = schedule(values[0]), schedule(values[number - 1])
    start, end = mixture.quantile(first, shares), mixture.quantile(last, shares)
    return Problem(number, schedule, prediction, mixture, start, mixture.image(last, end))


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
    """One compiled program for all times and lanes."""
    traces: list[int] = []

    def images(problem: Problem) -> Array:
        def denoise(x: Array, t: Array) -> Any:
            traces.append(1)
            return problem.denoise(x, t)

        keys = loop.keys(0, 0, 2)
        return loop.sample(denoise, problem.schedule, sampler, problem.times, problem.start, keys)

    return Program(jax.jit(jax.vmap(images)), traces)


def images(sampler: Sampler, problem: Problem) -> np.ndarray:
    """What a sampler makes: (schedules, predictions, mixtures, pixels)."""
    return np.asarray(program(sampler).run(problem)).reshape(*SHAPE, -1)


def errors(sampler: Sampler, problem: Problem) -> np.ndarray:
    """Root mean square error of the images in each lane."""
    exact = np.asarray(problem.exact).reshape(*SHAPE, -1)
    return np.sqrt(np.square(images(sampler, problem) - exact).mean(-1))
