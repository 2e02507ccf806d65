"""From a configuration and its network's variables to a denoiser."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Key
from mezzotint.config import Config
from mezzotint.core.augmentation import LABELS
from mezzotint.core.labels import NONE, Labels, one_hot, unlabelled
from mezzotint.core.prediction import Denoiser, denoiser
from mezzotint.networks.condition import Condition

Tree = Any


def init_variables(config: Config, key: Key) -> Tree:
    """A network's first {"params": ..., "batch_stats": ...}."""
    images = jnp.zeros((1, *config.picture_shape))
    condition = told(config, unlabelled(1))
    variables = config.network.init(key, images, jnp.zeros(1), condition, train=False)
    return {"params": variables["params"], "batch_stats": variables.get("batch_stats", {})}


def told(config: Config, labels: Labels) -> Condition:
    """What the network is told of pictures with these labels, which no augmentation has changed."""
    return Condition(
        augment=jnp.zeros((*labels.shape, LABELS)) if config.augment else None,
        label=one_hot(labels, config.classes) if config.classes else None,
    )


def bind(config: Config, variables: Tree, labels: Labels | None = None) -> Denoiser:
    """The denoiser of a configuration's network with these variables, batch statistics fixed.

    Args:
        config: of the network.
        variables: its weights and batch statistics.
        labels: one a picture, -1 for none; None where no picture has one.
    """
    tell = network(config, variables, labels)
    return denoiser(
        lambda x, t: tell(x, config.level(config.schedule(t))), config.schedule, config.prediction
    )


def network(config: Config, variables: Tree, labels: Labels | None = None) -> Callable[[Array, Array], Array]:
    """(scaled x, noise level) -> output, with the weights and the labels bound as `bind` does."""

    def apply(x: Array, level: Array) -> Array:
        condition = told(config, jnp.full_like(level, NONE, int) if labels is None else labels)
        output = config.network.apply(variables, x, level, condition, train=False)
        assert isinstance(output, jax.Array)
        return output

    return apply
