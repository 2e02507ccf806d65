"""Models with classes that cost next to nothing: a network of one layer, with random weights."""

from dataclasses import replace
from functools import cache

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from einops import rearrange
from jax import Array

from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import Model, init_variables
from mezzotint.networks.condition import UNCONDITIONED, Condition, Conditioned

NAMES = ("aster", "rose", "tulip")


class OneLayer(nn.Module):
    """Each pixel's channels, shifted by what the condition says, through one matrix."""

    divisor: int = 1

    @nn.compact
    def __call__(self, x: Array, level: Array, condition: Condition = UNCONDITIONED, *, train: bool) -> Array:
        """Shaped like x."""
        shift = Conditioned(name="condition")(level[:, None] * jnp.ones(x.shape[-1]), condition)
        return nn.Dense(x.shape[-1], name="mix")(nn.tanh(x + rearrange(shift, "b c -> b 1 1 c")))


@cache
def model(classes: int = 3, seed: int = 0, label_dropout: float = 0.1) -> Model:
    """Random weights of order 1, for pictures of 4x4 in colour."""
    config = Config(
        image_size=(4, 4),
        channels=3,
        classes=classes,
        label_dropout=label_dropout,
        label_names=NAMES[:classes],
        network=OneLayer(),  # type: ignore[arg-type]
        sampling_steps=4,
    )
    generator = np.random.default_rng(seed)
    variables = jax.eval_shape(lambda: init_variables(config, jax.random.key(0)))
    variables = jax.tree.map(lambda leaf: np.float32(generator.standard_normal(leaf.shape)), variables)
    statistics = PixelStatistics(np.array([0.4, 0.5, 0.6], "f"), np.array([0.04, 0.09, 0.01], "f"))
    return Model(config, variables, statistics)


def other(config: Config, **changes: object) -> Model:
    """A model of a configuration with some changes."""
    return replace(model(), config=replace(config, **changes))
