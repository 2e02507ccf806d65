"""The first line of a run, and what `--dry-run` prints."""

import os
from typing import Any

import jax
from jax.stages import Compiled

from mezzotint.config import kind_of
from mezzotint.training.prepare import Plan
from mezzotint.training.state import TrainState

GIB = 2**30


def parameters(state: TrainState) -> int:
    """The number of the network's parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(state.params))


def step_bytes(compiled: Compiled) -> int:
    """What a training step holds on a device at its height, by XLA's own analysis, in bytes."""
    memory = compiled.memory_analysis()
    assert memory is not None, "every backend that XLA compiles for has it"
    held = memory.argument_size_in_bytes + memory.temp_size_in_bytes + memory.output_size_in_bytes
    return held - memory.alias_size_in_bytes


def memory(device: Any) -> int:
    """The bytes that a device has; of a processor, its share of what the machine has."""
    stats = device.memory_stats()
    if stats is not None and "bytes_limit" in stats:
        return stats["bytes_limit"]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // jax.local_device_count()


def advice(plan: Plan, needed: int, available: int) -> str | None:
    """What to change where a step needs more bytes than a device has; None where it does not."""
    if needed <= available:
        return None
    config, devices = plan.config, plan.mesh.size
    parts = 2 * config.optimizer.accumulate
    each = config.batch_size // devices
    possible = {
        f"--optimizer.accumulate {parts}": each % parts == 0,
        "--remat": not config.remat,
        "--shard params": devices > 1 and config.shard == "nothing",
        f"--batch-size {config.batch_size // 2}": each % 2 == 0,
        "a smaller --network.widths or --image-size": True,
    }
    tries = ", ".join(name for name, can in possible.items() if can)
    return f"a device has {available / GIB:.2f} GiB, and that is too little: try {tries}"


def first_line(plan: Plan, place: str, state: TrainState, compiled: Compiled) -> str:
    """Devices, parameters, data-set size and memory estimate."""
    count, device = plan.mesh.size, plan.mesh.devices.flat[0]
    data, (height, width, channels) = plan.data, plan.data.shape
    colour = "colour" if channels == 3 else "greyscale"
    classes = f" in {plan.config.classes} classes" if plan.config.classes else ""
    return (
        f"{count} {device.platform} device{'s' if count > 1 else ''} | "
        f"{kind_of(plan.config.network)}, {parameters(state):,} parameters | "
        f"{plan.config.data}: {len(data.train):,} training and {len(data.validation):,} held-out "
        f"{colour} pictures of {height}x{width}{classes}, {place}, {len(data.unusable)} left out | "
        f"a step holds about {step_bytes(compiled) / GIB:.2f} GiB a device"
    )
