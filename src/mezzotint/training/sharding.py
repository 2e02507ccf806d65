"""A step on all local devices: the batch is cut along their mesh, everything else is whole on each.

Under jit on a batch-sharded array every mean over the batch is global, BatchNorm's statistics included, so
that any number of devices computes the same step.
"""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.stages import Wrapped

from mezzotint.devices import whole
from mezzotint.errors import UserError


def cut_second(mesh: Mesh) -> NamedSharding:
    """An array cut along its second axis."""
    return NamedSharding(mesh, PartitionSpec(None, "data"))


def check_batch(mesh: Mesh, batch_size: int) -> None:
    """Raises a `UserError` where the devices do not divide the batch."""
    count = mesh.size
    if batch_size % count:
        nearest = max(count, round(batch_size / count) * count)
        raise UserError(
            f"--batch-size {batch_size} cannot be shared by {count} devices: "
            f"it must be a multiple of {count}, such as {nearest}"
        )


def jit_step(mesh: Mesh, step: Callable[..., Any], *inputs: NamedSharding) -> Wrapped:
    """A (state, *inputs) -> (state, metrics) step, compiled for the mesh; the state is donated."""
    return jax.jit(
        step,
        in_shardings=(whole(mesh), *inputs),
        out_shardings=(whole(mesh), whole(mesh)),
        donate_argnums=0,
    )
