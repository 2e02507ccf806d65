"""One mesh over all local devices: a batch is cut along it, everything else is whole on each."""

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def local_mesh() -> Mesh:
    """All local devices in one axis, `data`."""
    devices = jax.local_devices()
    return jax.make_mesh((len(devices),), ("data",), axis_types=(AxisType.Auto,), devices=devices)


def whole(mesh: Mesh) -> NamedSharding:
    """The same array on every device."""
    return NamedSharding(mesh, PartitionSpec())


def cut(mesh: Mesh) -> NamedSharding:
    """An array cut along its first axis."""
    return NamedSharding(mesh, PartitionSpec("data"))
