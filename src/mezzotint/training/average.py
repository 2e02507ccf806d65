"""The exponential moving average that is sampled from.

    average <- d * average + (1 - d) * value,   d = min(decay, (1 + step) / (warmup + step))

over the weights and the network's batch statistics alike, so that averaged weights are never run with
statistics that belong to others.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from mezzotint.config import Average

Tree = Any


def decay_at(settings: Average, step: ArrayLike) -> Array:
    """D at a step (0 for the first), which rises to `settings.decay`."""
    if not settings.warmup:
        return jnp.asarray(settings.decay)
    return jnp.minimum(settings.decay, (1 + jnp.asarray(step)) / (settings.warmup + step))


def moved(average: Tree, value: Tree, decay: Array) -> Tree:
    """The average after one more value."""
    return jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, average, value)
