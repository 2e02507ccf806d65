"""The members of an ensemble side by side: what one run does, done for each with a key of its own.

    state, keys, metrics: (members, ...);   images, labels: one batch for all

Each member is the run that its key would give alone on the same pictures. Where the number of devices divides
the members, each device has some of them and the whole batch; elsewhere each has a part of the batch.

On accelerators members are computed at once. On a processor they take turns in one program, without a loop:
at once, every convolution of theirs is a grouped one, and in a loop those on the way back are slow as well.
A step of four members of the `demo` recipe took 0.75 of four steps' time, against 1.5 at once, 7.8 in a loop.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec

from mezzotint.arrays import Bytes, Key
from mezzotint.config import Config
from mezzotint.core.labels import Labels
from mezzotint.devices import cut
from mezzotint.networks.ensemble import at
from mezzotint.training import sharding, step
from mezzotint.training.gradients import gradients_of, gradients_over
from mezzotint.training.state import TrainState
from mezzotint.training.step import Metrics, Step

Tree = Any


def training_step(config: Config, roots: Key, mesh: Mesh) -> Step:
    """The step of a configuration on a mesh, to be jitted: (state, images uint8, labels) -> (state, metrics).

    Args:
        config: with its channels and classes known.
        roots: of the steps' randomness, one a member; or the only one.
        mesh: the devices.
    """
    one = config.of_a_member
    if not config.members:
        return step.train_step(one, roots, gradients_over(one, mesh))
    gradients = gradients_of(one) if divided(config, mesh) else gradients_over(one, mesh)

    def steps(states: TrainState, roots: Key, images: Bytes, labels: Labels) -> tuple[TrainState, Metrics]:
        def of_one(state: TrainState, root: Key) -> tuple[TrainState, Metrics]:
            return step.train_step(one, root, gradients)(state, images, labels)

        return side_by_side(of_one, mesh)(states, roots)

    apart = on_their_devices(steps, mesh) if divided(config, mesh) else steps

    def together(states: TrainState, images: Bytes, labels: Labels) -> tuple[TrainState, Metrics]:
        states, metrics = apart(states, roots, images, labels)
        return states, summary(metrics)

    return together


def side_by_side(function: Callable[..., Tree], mesh: Mesh) -> Callable[..., Tree]:
    """A function of one member's arrays -> the same of all members', stacked along a first axis."""
    return in_turn(function) if mesh.devices.flat[0].platform == "cpu" else jax.vmap(function)


def in_turn(function: Callable[..., Tree]) -> Callable[..., Tree]:
    """As `jax.vmap` with its defaults, one after the other."""

    def each(*stacked: Tree) -> Tree:
        count = len(jax.tree.leaves(stacked)[0])
        results = [function(*at(stacked, index)) for index in range(count)]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *results)

    return each


def divided(config: Config, mesh: Mesh) -> bool:
    """Whether each device has some of the members, rather than a part of all."""
    return sharding.copied(mesh) and config.members > 0 and config.members % mesh.size == 0


def on_their_devices(steps: Callable[..., Tree], mesh: Mesh) -> Callable[..., Tree]:
    """(states, roots, images, labels) -> (states, metrics), each device with its members and all pictures."""
    theirs, whole = PartitionSpec(mesh.axis_names), PartitionSpec()
    return jax.shard_map(
        steps, mesh=mesh, in_specs=(theirs, theirs, whole, whole), out_specs=theirs, check_vma=False
    )


def placements(config: Config, mesh: Mesh, state: Tree) -> Tree:
    """The placement of each array of a state, or of its shapes."""
    if divided(config, mesh):
        return jax.tree.map(lambda _: cut(mesh), state)
    return sharding.placements(mesh, state)


def summary(metrics: Metrics) -> Metrics:
    """The members' means, and each member's loss."""
    means = {name: values.mean() for name, values in metrics.items()}
    return means | {f"loss_{index}": loss for index, loss in enumerate(metrics["loss"])}
