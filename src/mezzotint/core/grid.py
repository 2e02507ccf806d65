"""Sampling times: at which n times the network is asked.

n strictly falling times, the first of them 1. The picture is the image estimate at the last one, so n
times mean n network evaluations of a first-order sampler, and no grid needs the time 0.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.core.schedule import Schedule, log_snr
from mezzotint.errors import UserError


@runtime_checkable
class Grid(Protocol):
    """A schedule and a count -> times."""

    def __call__(self, schedule: Schedule, count: int) -> Float[Array, " count"]:
        """`count` strictly falling times in [0, 1], starting at 1."""
        ...


@dataclass(frozen=True)
class Uniform:
    """1, 1 - 1/n, ..., 1/n: the article's times."""

    def __call__(self, schedule: Schedule, count: int) -> Float[Array, " count"]:
        """`count` falling times, the last of them 1 / count."""
        return 1 - jnp.arange(count) / count


@dataclass(frozen=True)
class UniformLogSnr:
    """Evenly spaced log-SNRs from t = 1 to t = 0: Lu et al., arXiv:2206.00927, section 3.4."""

    def __call__(self, schedule: Schedule, count: int) -> Float[Array, " count"]:
        """`count` falling times from 1 to 0 (1 alone for a count of 1)."""
        start, end = log_snr(schedule(jnp.array([1.0, 0.0])))
        return jnp.clip(schedule.time(jnp.linspace(start, end, count)), 0, 1).at[0].set(1.0)


@dataclass(frozen=True)
class KarrasGrid:
    """(sigma / alpha)^(1/rho) evenly spaced: Karras et al., arXiv:2206.00364, eq. 5.

    Attributes:
        rho: how strongly the times crowd towards the clean end; 7 in the paper.
    """

    rho: float = 7.0

    def __call__(self, schedule: Schedule, count: int) -> Float[Array, " count"]:
        """`count` falling times from 1 to 0 (1 alone for a count of 1)."""
        start, end = jnp.exp(-log_snr(schedule(jnp.array([1.0, 0.0]))) / (2 * self.rho))
        roots = jnp.linspace(start, end, count)
        return jnp.clip(schedule.time(-2 * self.rho * jnp.log(roots)), 0, 1).at[0].set(1.0)


@dataclass(frozen=True)
class Given:
    """These times, whatever the schedule: a grid that was found for one model.

    Attributes:
        times: strictly falling from 1 on, in [0, 1].
    """

    times: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuses times that are no grid."""
        falling = all(before > after for before, after in pairwise(self.times))
        if not self.times or self.times[0] != 1 or not falling or self.times[-1] < 0:
            raise UserError(f"{list(self.times)} is no grid: its times must fall from 1 and stay at least 0")

    def __call__(self, schedule: Schedule, count: int) -> Float[Array, " count"]:
        """The times; a `UserError` where there are not `count` of them."""
        if count != len(self.times):
            raise UserError(f"the grid has {len(self.times)} times, not {count}")
        return jnp.asarray(self.times)
