"""The members that the laws run over: what stands in the configuration's tables inherits the suite."""

from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import Array

from mezzotint.config import KINDS
from mezzotint.core.objective import Truth, noised
from mezzotint.core.schedule import Schedule

both_precisions = pytest.mark.parametrize("double", [False, True], ids=["float32", "float64"])


def every(kind: str) -> pytest.MarkDecorator:
    """A test once for each member of a kind, with its default settings, as the argument `kind`."""
    return pytest.mark.parametrize(kind, [pytest.param(m, id=name) for name, m in members(kind)])


def members(kind: str) -> list[tuple[str, Any]]:
    """(name, member with its default settings)."""
    return [(name, cls()) for name, cls in KINDS[kind].items()]


def precision(double: bool = True) -> AbstractContextManager:
    """float64 inside, or float32."""
    return jax.enable_x64(double)


def times(count: int = 64) -> Array:
    """Both ends and times between them."""
    inner = jax.random.uniform(jax.random.key(0), (count - 2,))
    return jnp.concatenate([jnp.array([0.0, 1.0]), inner])


def truth(schedule: Schedule, t: Array) -> Truth:
    """A small random image and noise at each time."""
    image, noise = jax.random.normal(jax.random.key(1), (2, len(t), 2, 3, 3))
    return noised(schedule, t, image, noise)
