"""The first line of a run, and what `--dry-run` prints."""

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
