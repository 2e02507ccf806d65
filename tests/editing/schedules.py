"""Every schedule at once, as a table of its rates, so that an edit compiles once for them all."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from mezzotint.core.grid import Uniform
from mezzotint.sampling import loop

from ..laws.members import members
from ..sampling import table
from ..sampling.table import Table


def over_schedules(made: Callable[[Table, loop.Times], Any], steps: int) -> Any:
    """What is made with each schedule at `steps` even times, stacked."""
    tables = [
        Table.of(schedule, loop.times(Uniform(), schedule, steps).values)
        for _, schedule in members("schedule")
    ]
    stacked = jax.tree.map(lambda *rates: jnp.stack(rates), *tables)
    return jax.jit(jax.vmap(lambda schedule: made(schedule, table.times(jnp.asarray(steps)))))(stacked)
