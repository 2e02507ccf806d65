"""Where the arrays of a step lie: one code path for one device, many, and those of many hosts.

    mesh (data, shard):   a batch is cut along both axes;
                          the state is whole along `data`, and each of its arrays is cut along `shard`

Data parallel is a mesh of (n, 1). Fully sharded, (1, n): each device holds a part of every large array
(Rajbhandari et al., arXiv:1910.02054, stage 3; Zhao et al., arXiv:2304.11277), gathered where the network
needs it. Both at once, (copies, n / copies): gathered within a copy, gradients summed over all.

Under jit on a batch-sharded array every mean over the batch is global, BatchNorm's statistics included, so
that any number of devices computes the same step. The networks know nothing of it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jax.stages import Wrapped

from mezzotint.devices import cut, whole
from mezzotint.errors import UserError

SMALL = 256  # numbers: what has fewer is not worth gathering

Tree = Any


def mesh_over(devices: Sequence[Any], shard: str = "nothing", copies: int = 1) -> Mesh:
    """The mesh of a run.

    Args:
        devices: those of all processes.
        shard: `nothing`, or `params` for a state that is cut over the devices.
        copies: of a state that is cut; those of the same host share one where there are as many as hosts.

    Raises:
        UserError: the copies do not divide the devices.
    """
    count = len(devices)
    if shard == "params" and count % copies:
        raise UserError(
            f"{count} devices cannot hold --copies {copies} of the parameters: it must divide them"
        )
    shape = (copies, count // copies) if shard == "params" else (count, 1)
    return jax.make_mesh(shape, ("data", "shard"), axis_types=(AxisType.Auto,) * 2, devices=devices)


def check_batch(mesh: Mesh, batch_size: int) -> None:
    """Raises a `UserError` where the devices do not divide the batch."""
    count = mesh.size
    if batch_size % count:
        nearest = max(count, round(batch_size / count) * count)
        raise UserError(
            f"--batch-size {batch_size} cannot be shared by {count} devices: "
            f"it must be a multiple of {count}, such as {nearest}"
        )


def rows(mesh: Mesh, size: int) -> np.ndarray:
    """The rows of a batch that this process's devices hold, ascending."""
    held = filter(None, cut(mesh).addressable_devices_indices_map((size,)).values())
    return np.unique([np.arange(size)[index] for index in held])


def assembled(mesh: Mesh, mine: np.ndarray, size: int) -> jax.Array:
    """A batch of so many rows, cut over all devices, to which every process gives the rows that it holds."""
    if not mesh.is_multi_process:
        return jax.device_put(mine, cut(mesh))
    places = np.searchsorted(rows(mesh, size), np.arange(size))

    def part(index: Any) -> np.ndarray:
        return mine[places[index[0]]]

    return jax.make_array_from_callback((size, *mine.shape[1:]), cut(mesh), part)


def placement(mesh: Mesh, array: Any) -> NamedSharding:
    """Where an array of the state lies: cut along its largest axis that the mesh's `shard` divides."""
    parts = mesh.shape["shard"]
    axes = [axis for axis, length in enumerate(array.shape) if length % parts == 0]
    if parts == 1 or array.size < SMALL or not axes:
        return whole(mesh)
    longest = max(axes, key=lambda axis: array.shape[axis])
    return NamedSharding(mesh, PartitionSpec(*[None] * longest, "shard"))


def placements(mesh: Mesh, state: Tree) -> Tree:
    """The placement of each array of a state, or of its shapes."""
    return jax.tree.map(lambda array: placement(mesh, array), state)


def copied(mesh: Mesh) -> bool:
    """Whether there are several devices, and each has the whole state."""
    return mesh.size > 1 and mesh.shape["shard"] == 1


def gatherer(mesh: Mesh) -> Callable[[Tree], Tree]:
    """Inside a program: arrays that are cut -> the same, whole on every device."""
    if mesh.shape["shard"] == 1:
        return lambda tree: tree
    return lambda tree: jax.lax.with_sharding_constraint(tree, whole(mesh))


def gathered(mesh: Mesh, tree: Tree) -> Tree:
    """Arrays of the state, whole on the first device of this process; all processes ask at once."""
    if not all(array.is_fully_replicated for array in jax.tree.leaves(tree)):
        tree = jax.jit(lambda tree: tree, out_shardings=whole(mesh))(tree)
    return jax.tree.map(lambda array: array.addressable_data(0), tree)


def jit_step(mesh: Mesh, step: Callable[..., Any], state: Tree, *inputs: NamedSharding) -> Wrapped:
    """A (state, *inputs) -> (state, metrics) step, compiled for the mesh; the state stays where it lies.

    The state is donated.
    """
    placed = jax.tree.map(lambda array: array.sharding, state)
    return jax.jit(
        step,
        in_shardings=(placed, *inputs),
        out_shardings=(placed, whole(mesh)),
        donate_argnums=0,
    )
