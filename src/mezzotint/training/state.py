"""The state of training: arrays only, made under jit, and what is sampled from it.

flax's `TrainState` (step, params, opt_state, apply_fn, tx) with the network's batch statistics, the pixel
statistics, and the moving averages of the weights and of the batch statistics.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax.training import train_state
from jax.sharding import Mesh

from mezzotint.arrays import Key
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import Model, init_variables
from mezzotint.model.weights import from_checkpoint
from mezzotint.training.optimizer import adamw
from mezzotint.training.sharding import gathered

Tree = Any


class TrainState(train_state.TrainState):
    """Everything that a training step reads and writes."""

    batch_stats: Tree
    pixels: PixelStatistics
    averages: Tree  # {"params": ..., "batch_stats": ...}, like the network's variables


def create(config: Config, steps: int, dataset: PixelStatistics, key: Key) -> TrainState:
    """The state before the first step, a pure function to be jitted.

    Args:
        config: with its channels and classes known.
        steps: of the whole run.
        dataset: the training pictures' statistics.
        key: of the initial weights.
    """
    variables = init_variables(config, key)
    return TrainState.create(
        apply_fn=config.network.apply,
        tx=adamw(config.optimizer, steps),
        **variables,
        pixels=config.pixels.initial(dataset),
        averages=jax.tree.map(jnp.copy, variables),
    )


def averaged(config: Config, mesh: Mesh, state: TrainState) -> Model:
    """What is sampled from, on one device: the averages, with the pixel statistics."""
    return Model(config, *from_checkpoint(config, gathered(mesh, to_trees(state)["ema"])))


def to_trees(state: TrainState) -> dict[str, Tree]:
    """The state as the two trees of a checkpoint."""
    arrays = {
        "step": state.step,
        "params": state.params,
        "opt_state": state.opt_state,
        "batch_stats": state.batch_stats,
    }
    return {"state": arrays, "ema": {"variables": state.averages, "pixels": state.pixels._asdict()}}


def from_trees(state: TrainState, trees: dict[str, Tree]) -> TrainState:
    """The state with a checkpoint's arrays in place of its own."""
    ema = trees["ema"]
    pixels = PixelStatistics(**ema["pixels"])
    return state.replace(**trees["state"], averages=ema["variables"], pixels=pixels)
