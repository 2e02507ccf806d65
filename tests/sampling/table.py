"""Tables of rates and pairs, which stand in for a schedule and a prediction at the times of a grid.

A sampler asks for rates at the grid's times alone. Tables are arrays, so that one compiled program serves all
schedules and predictions, and rates that another program has computed. Entry i of a table is at the table's
own time 1 - i / 1024, a number without rounding errors.
"""

from typing import NamedTuple, Self

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from mezzotint.core.prediction import Prediction
from mezzotint.core.schedule import Rates, Schedule, log_snr
from mezzotint.sampling import loop


def times(number: Array) -> loop.Times:
    """The times of the first `number` entries."""
    return loop.Times(1 - jnp.arange(loop.CAPACITY) / loop.CAPACITY, number)


def _entry(t: ArrayLike) -> Array:
    return jnp.round((1 - jnp.asarray(t)) * loop.CAPACITY).astype(int)


class Table(NamedTuple):
    """A schedule by its rates at some times."""

    rates: Rates

    @classmethod
    def of(cls, schedule: Schedule, times: Array) -> Self:
        return cls(schedule(times))

    def __call__(self, t: ArrayLike) -> Rates:
        return Rates(*(rate[_entry(t)] for rate in self.rates))

    def time(self, log_ratio: ArrayLike) -> Array:
        distances = jnp.abs(log_snr(self.rates) - jnp.asarray(log_ratio)[..., None])
        return 1 - distances.argmin(-1) / loop.CAPACITY


class Pairs(NamedTuple):
    """A prediction by its pairs and input scales at some times of a schedule."""

    pairs: tuple[Array, Array]
    scales: Array

    @classmethod
    def of(cls, prediction: Prediction, schedule: Schedule, times: Array) -> Self:
        return cls(prediction.pair(schedule, times), prediction.input_scale(schedule, times))

    def pair(self, schedule: Schedule, t: Array) -> tuple[Array, Array]:
        a, b = self.pairs
        return a[_entry(t)], b[_entry(t)]

    def input_scale(self, schedule: Schedule, t: Array) -> Array:
        return self.scales[_entry(t)]
