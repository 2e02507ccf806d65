"""The members that laws run over: what stands in the configuration's tables inherits the suite.

Nearly all laws see the same thousand times, so that JAX compiles each operation once for them all.
"""

from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
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


def times() -> Array:
    """A thousand rising times from 0 to 1, both ends included."""
    return jnp.asarray(np.linspace(0, 1, 1000))


def truth(schedule: Schedule) -> Truth:
    """A small random image and noise at each of `times`."""
    image, noise = np.random.default_rng(1).standard_normal((2, 1000, 1, 2, 3))
    return noised(schedule, times(), jnp.asarray(image), jnp.asarray(noise))
