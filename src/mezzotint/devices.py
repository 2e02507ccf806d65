"""Meshes of devices: an array is cut along all of a mesh, or whole on each of its devices."""

from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def local_mesh() -> Mesh:
    """All devices of this process in one axis, `data`."""
    devices = jax.local_devices()
    return jax.make_mesh((len(devices),), ("data",), axis_types=(AxisType.Auto,), devices=devices)


def whole(mesh: Mesh) -> NamedSharding:
    """The same array on every device."""
    return NamedSharding(mesh, PartitionSpec())


def cut(mesh: Mesh, axis: int = 0) -> NamedSharding:
    """An array cut along one of its axes, over all devices."""
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, mesh.axis_names))


def sent(tree: Any, sharding: NamedSharding) -> Any:
    """Arrays of the host on the devices of a mesh; every process must hold the same."""
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)
    return jax.tree.map(
        lambda array: jax.make_array_from_callback(array.shape, sharding, array.__getitem__), tree
    )
